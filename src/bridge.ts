import type { ServerType } from '@hono/node-server';
import type { Logger } from 'pino';
import { type Asking, asking } from './asking.ts';
import { startChores } from './chores.ts';
import { appSettings } from './config/app.ts';
import { deliverySettings } from './config/delivery.ts';
import { keySettings } from './config/keys.ts';
import { listenSettings } from './config/listen.ts';
import { matchingSettings } from './config/matching.ts';
import type { Settings } from './config/schema.ts';
import { fetchSettings, keySetsSettings, senderSettings } from './config/senders.ts';
import { type DeliveryDependencies, DeliveryLoop } from './delivery/delivery-loop.ts';
import { ADOPTED_FROM } from './delivery/strays.ts';
import { addAnswerRoutes } from './http/answer-routes.ts';
import { createApp } from './http/app.ts';
import { type Listening, listen } from './http/listen.ts';
import { addRegistryRoutes } from './http/registry-routes.ts';
import type { Inbox } from './inbox/inbox.ts';
import { openInbox } from './inbox/open.ts';
import { OwnKeys } from './keys/own-keys.ts';
import type { OdooClient } from './odoo/client.ts';
import { connectOdoo } from './odoo/connect.ts';
import { OdooError } from './odoo/errors.ts';
import { steadyClient } from './odoo/steady-client.ts';
import { CapabilityCache } from './openspp/capabilities.ts';
import { RULES } from './openspp/rules/index.ts';
import { fetchJwks } from './senders/jwks/fetch.ts';
import { KeySets } from './senders/jwks/key-sets.ts';
import { storeKey } from './senders/odoo-keys.ts';
import { readSenders } from './senders/odoo-senders.ts';
import { SenderDirectory } from './senders/sender-directory.ts';

/** Where Odoo is, and who the bridge is there. */
export interface OdooAccess {
  url: string;
  db: string;
  login: string;
  apiKey: string | null;
  password: string | null;
}

export interface Bridge {
  /** Where it listens. */
  url: string;
  /** Stops accepting, finishes what is under way, closes the inbox. */
  stop(): Promise<void>;
}

/**
 * Starts the bridge: the only place that knows all of its parts.
 *
 * @throws where the inbox cannot be opened, the port is taken, or a key of ours cannot be used
 */
export async function startBridge(settings: Settings, access: OdooAccess, log: Logger): Promise<Bridge> {
  const client = steadyClient(odooClient(settings, access));
  const ownKeys = new OwnKeys(keySettings(settings));
  const inbox = await openInbox(settings.inbox.url, {
    exclusive: true,
    interruptedGraceMs: settings.delivery.unanswered_grace_seconds * 1000,
    queueLimit: settings.inbox.queue_limit,
    leaseMs: settings.inbox.lease_seconds * 1000,
    poolSize: settings.inbox.pool_size,
    timeoutMs: settings.inbox.timeout_seconds * 1000,
  });
  const senders: SenderDirectory = new SenderDirectory(
    senderSettings(settings, access),
    inbox,
    () => readSenders(client),
    log,
    keySets(settings, access, inbox, client, log, () => senders.leads()),
    // An SQLite file has one bridge.
    settings.inbox.url.startsWith('sqlite:') ? null : inbox.schedule.bind(inbox),
  );
  const openspp = { client, capabilities: new CapabilityCache(client), matching: matchingSettings(settings) };
  const delivery = deliveryLoop(settings, inbox, openspp, senders, log);
  const asks = asking(settings, { inbox, odoo: client, ownKeys, senders, log });
  const stopping = new AbortController();
  let listening: Listening;
  try {
    await ownKeys.start(log);
    await senders.start();
    listening = await listenForMessages(
      settings,
      inbox,
      senders,
      ownKeys,
      delivery,
      asks,
      stopping.signal,
      log,
    );
  } catch (error) {
    ownKeys.stop();
    senders.stop();
    await asks.stop();
    await inbox.close();
    throw error;
  }
  const { role } = settings.server;
  let stopChores = async () => {};
  // A receiver writes nothing to OpenSPP.
  if (role !== 'receiver') {
    delivery.start();
    stopChores = await startChores(settings, { ...openspp, inbox, log, asks });
  }
  const { server, url } = listening;
  if (settings.signature.allow_unsigned) {
    log.warn('ALLOW_UNSIGNED is on: anybody who reaches this port can report births and deaths');
  }
  log.info({ url, role, odoo: client.protocol }, 'the bridge is listening');
  return {
    url,
    async stop() {
      ownKeys.stop();
      senders.stop();
      listening.stopWatching();
      stopping.abort();
      const graceMs = settings.server.shutdown_seconds * 1000;
      await Promise.all([closeServer(server, graceMs), delivery.stop(graceMs), stopChores()]);
      await asks.stop();
      await inbox.close();
      log.info('the bridge has stopped');
    },
  };
}

/** The client for an Odoo, with the settings' protocol and time-out. */
export function odooClient(settings: Settings, access: OdooAccess): OdooClient {
  return connectOdoo({
    url: access.url,
    db: access.db,
    login: access.login,
    ...(access.apiKey === null ? {} : { apiKey: access.apiKey }),
    ...(access.password === null ? {} : { password: access.password }),
    protocol: settings.odoo.protocol,
    timeoutMs: settings.odoo.timeout_seconds * 1000,
  });
}

/** Fetches the keys of senders with a JWKS URL, and stores them in Odoo where the bridge's user may. */
function keySets(
  settings: Settings,
  access: OdooAccess,
  inbox: Inbox,
  client: OdooClient,
  log: Logger,
  leads: () => boolean,
): KeySets {
  return new KeySets(keySetsSettings(settings, access), {
    documents: inbox,
    fetch: ({ senderId, url }, signal) => fetchJwks(url, { ...fetchSettings(settings, senderId), signal }),
    async onFetched(senderId, held) {
      try {
        const stored = await storeKey(client, senderId, held, Date.now());
        if (stored === 'stored') log.info({ sender: senderId }, 'a fetched key was stored in OpenSPP');
      } catch (error) {
        if (!(error instanceof OdooError)) throw error;
        log.warn({ sender: senderId, code: error.code }, 'a fetched key could not be stored in OpenSPP');
      }
    },
    log,
    clock: Date.now,
    leads,
  });
}

function deliveryLoop(
  settings: Settings,
  inbox: Inbox,
  openspp: Pick<DeliveryDependencies, 'client' | 'capabilities' | 'matching'>,
  senders: SenderDirectory,
  log: Logger,
): DeliveryLoop {
  return new DeliveryLoop(deliverySettings(settings), {
    ...openspp,
    inbox,
    rules: RULES,
    nameOf: (senderId) => senders.find(senderId)?.name ?? (senderId === ADOPTED_FROM ? 'OpenSPP' : senderId),
    log,
  });
}

function listenForMessages(
  settings: Settings,
  inbox: Inbox,
  senders: SenderDirectory,
  ownKeys: OwnKeys,
  delivery: DeliveryLoop,
  { registries, kept }: Asking,
  stopping: AbortSignal,
  log: Logger,
): Promise<Listening> {
  const app = createApp(appSettings(settings), {
    inbox,
    senders,
    decryptionKeys: () => ownKeys.decryptionKeys(),
    publishedKeys: () => ownKeys.publishedKeys(),
    stopping,
    log,
    clock: Date.now,
    senderCount: () => senders.size,
    odooHealth: () => delivery.health,
    heard: (callback) => kept?.desk.heard(callback) ?? Promise.resolve(),
  });
  addRegistryRoutes(app, registries, kept?.lookups ?? null);
  if (kept) addAnswerRoutes(app, kept.lookups, kept.subscriptions, stopping);
  return listen(app, listenSettings(settings), log);
}

/** Lets the requests under way end; connections that have not ended by then are cut off. */
async function closeServer(server: ServerType, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  if ('closeIdleConnections' in server) server.closeIdleConnections();
  const timer = setTimeout(() => {
    if ('closeAllConnections' in server) server.closeAllConnections();
  }, graceMs);
  await closed;
  clearTimeout(timer);
}
