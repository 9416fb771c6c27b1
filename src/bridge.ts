import type { ServerType } from '@hono/node-server';
import type { Hono } from 'hono';
import type { Logger } from 'pino';
import { BackfillDesk } from './backfill/desk.ts';
import { type Asking, asking } from './asking.ts';
import { startChores } from './chores.ts';
import { appSettings } from './config/app.ts';
import { backfillSettings } from './config/backfill.ts';
import { deliverySettings } from './config/delivery.ts';
import { keySettings } from './config/keys.ts';
import { listenSettings, metricsListenSettings } from './config/listen.ts';
import { matchingSettings } from './config/matching.ts';
import { mosipSettings } from './config/mosip.ts';
import { opencrvsEventSettings } from './config/opencrvs-events.ts';
import { pageSettings } from './config/page.ts';
import type { Settings } from './config/schema.ts';
import { fetchSettings, keySetsSettings, senderSettings } from './config/senders.ts';
import { type DeliveryDependencies, DeliveryLoop } from './delivery/delivery-loop.ts';
import { ADOPTED_FROM } from './delivery/strays.ts';
import { type Extensions, startExtensions } from './extensions/extensions.ts';
import { addAnswerRoutes } from './http/answer-routes.ts';
import { createApp } from './http/app.ts';
import type { AppEnv } from './http/app-env.ts';
import { addBackfillRoutes } from './http/backfill-routes.ts';
import { type Listening, listen } from './http/listen.ts';
import { addMosipRoutes } from './http/mosip-routes.ts';
import { addOpencrvsEventRoutes } from './http/opencrvs-event-routes.ts';
import { createMetricsApp } from './http/metrics-routes.ts';
import { clientsBehind } from './http/client.ts';
import { Refusals } from './http/refusals.ts';
import { addRegistryRoutes } from './http/registry-routes.ts';
import { addSenderRoutes } from './http/sender-routes.ts';
import type { Inbox } from './inbox/inbox.ts';
import { openInbox } from './inbox/open.ts';
import { OwnKeys } from './keys/own-keys.ts';
import type { OdooClient } from './odoo/client.ts';
import { connectOdoo } from './odoo/connect.ts';
import { OdooError } from './odoo/errors.ts';
import { type CallObserver, observedClient } from './odoo/observed-client.ts';
import { Latency } from './odoo/latency.ts';
import { steadyClient } from './odoo/steady-client.ts';
import { CapabilityCache } from './openspp/capabilities.ts';
import { RULES } from './openspp/rules/index.ts';
import { addPage } from './page/page.ts';
import { fetchJwks } from './senders/jwks/fetch.ts';
import { KeySets } from './senders/jwks/key-sets.ts';
import { storeKey } from './senders/odoo-keys.ts';
import { readSenders } from './senders/odoo-senders.ts';
import { SenderDirectory } from './senders/sender-directory.ts';
import { BridgeSignals } from './signals/bridge-signals.ts';
import type { Tracing } from './signals/tracing.ts';
import { metricSources } from './signals-sources.ts';
import { VERSION } from './version.ts';

/** Milliseconds between two looks for a catch-up that somebody asked for. */
const BACKFILL_LOOK_MS = 1000;

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
  /** Its HTTP face, with every route that it has. */
  app: Hono<AppEnv>;
  /** Stops accepting, finishes what is under way, closes the inbox. */
  stop(): Promise<void>;
}

/**
 * Starts the bridge: the only place that knows all of its parts.
 *
 * @param tracing null for no traces; ends with the bridge
 * @throws where the inbox cannot be opened, the port is taken, or a key of ours or an extension cannot be used
 */
export async function startBridge(
  settings: Settings,
  access: OdooAccess,
  log: Logger,
  tracing: Tracing | null = null,
): Promise<Bridge> {
  const { role } = settings.server;
  const signals = new BridgeSignals({ version: VERSION, role, node: process.version }, tracing);
  const latency = new Latency();
  const client = latency.watch(
    steadyClient(observedClient(odooClient(settings, access), callObserver(signals, log))),
  );
  const ownKeys = new OwnKeys(keySettings(settings));
  const limitMs = settings.delivery.extension_timeout_seconds * 1000;
  const extensions = await startExtensions(settings.extensions, limitMs, RULES, log);
  const inbox = await openInbox(settings.inbox.url, {
    exclusive: true,
    interruptedGraceMs: settings.delivery.unanswered_grace_seconds * 1000,
    queueLimit: settings.inbox.queue_limit,
    leaseMs: settings.inbox.lease_seconds * 1000,
    poolSize: settings.inbox.pool_size,
    timeoutMs: settings.inbox.timeout_seconds * 1000,
    onCommit: (...commit) => signals.groupCommitted(...commit),
  });
  const senders: SenderDirectory = new SenderDirectory(
    senderSettings(settings, access),
    inbox,
    () => readSenders(client),
    log,
    keySets(settings, access, inbox, client, log, () => senders.leads(), signals),
    // An SQLite file has one bridge.
    settings.inbox.url.startsWith('sqlite:') ? null : inbox.schedule.bind(inbox),
  );
  const openspp = { client, capabilities: new CapabilityCache(client), matching: matchingSettings(settings) };
  const delivery = deliveryLoop(settings, inbox, { ...openspp, ...extensions }, senders, log, signals);
  signals.addSources(metricSources(inbox, ownKeys, senders, delivery, role !== 'receiver'));
  const asks = asking(settings, { inbox, odoo: client, ownKeys, senders, log });
  const { registries } = asks;
  const backfill = new BackfillDesk({ inbox, registries, settings: backfillSettings(settings), log });
  const stopping = new AbortController();
  let listening: Listening & Pick<Bridge, 'app'>;
  let metrics: Listening | null = null;
  try {
    await ownKeys.start(log);
    await senders.start();
    metrics = await listenForMetrics(settings, signals, log);
    listening = await listenForMessages(
      settings,
      inbox,
      senders,
      ownKeys,
      delivery,
      extensions,
      asks,
      backfill,
      latency,
      stopping.signal,
      log,
      signals,
    );
  } catch (error) {
    metrics?.server.close();
    ownKeys.stop();
    senders.stop();
    extensions.stop();
    await asks.stop();
    await inbox.close();
    await signals.stop();
    throw error;
  }
  let stopChores = async () => {};
  let stopBackfill = async () => {};
  // A receiver writes nothing to OpenSPP.
  if (role !== 'receiver') {
    delivery.start();
    stopChores = await startChores(settings, { ...openspp, ...extensions, inbox, log, signals, asks });
    void extensions.warnOfMissingFields(openspp.capabilities);
    stopBackfill = await backfill.attend(BACKFILL_LOOK_MS);
  }
  const { server, url, app } = listening;
  if (settings.signature.allow_unsigned) {
    log.warn('ALLOW_UNSIGNED is on: anybody who reaches this port can report births and deaths');
  }
  log.info({ url, role, odoo: client.protocol }, 'the bridge is listening');
  return {
    url,
    app,
    async stop() {
      ownKeys.stop();
      senders.stop();
      listening.stopWatching();
      stopping.abort();
      const graceMs = settings.server.shutdown_seconds * 1000;
      await Promise.all([closeServer(server, graceMs), delivery.stop(graceMs), stopChores(), stopBackfill()]);
      extensions.stop();
      if (metrics) await closeServer(metrics.server, graceMs);
      await asks.stop();
      await inbox.close();
      await signals.stop();
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
  signals: BridgeSignals,
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
    onResult: (senderId, result) => signals.keysFetched(senderId, result),
    log,
    clock: Date.now,
    leads,
  });
}

function deliveryLoop(
  settings: Settings,
  inbox: Inbox,
  openspp: Pick<DeliveryDependencies, 'client' | 'capabilities' | 'matching' | 'rules' | 'hooks'>,
  senders: SenderDirectory,
  log: Logger,
  signals: BridgeSignals,
): DeliveryLoop {
  return new DeliveryLoop(deliverySettings(settings), {
    ...openspp,
    inbox,
    nameOf: (senderId) => nameOf(senders, senderId),
    log,
    signals,
  });
}

function nameOf(senders: SenderDirectory, senderId: string): string {
  return senders.find(senderId)?.name ?? (senderId === ADOPTED_FROM ? 'OpenSPP' : senderId);
}

async function listenForMessages(
  settings: Settings,
  inbox: Inbox,
  senders: SenderDirectory,
  ownKeys: OwnKeys,
  delivery: DeliveryLoop,
  { readNotification }: Pick<Extensions, 'readNotification'>,
  { registries, kept }: Asking,
  backfill: BackfillDesk,
  latency: Latency,
  stopping: AbortSignal,
  log: Logger,
  signals: BridgeSignals,
): Promise<Listening & Pick<Bridge, 'app'>> {
  const refusals = new Refusals();
  const app = createApp(appSettings(settings), {
    inbox,
    senders,
    decryptionKeys: () => ownKeys.decryptionKeys(),
    publishedKeys: () => ownKeys.publishedKeys(),
    readNotification,
    stopping,
    log,
    clock: Date.now,
    senderCount: () => senders.size,
    odooHealth: () => delivery.health,
    signals,
    metrics: () => signals.print(),
    heard: (callback) => kept?.desk.heard(callback) ?? Promise.resolve(),
    refused: (senderId, reason) => refusals.add(senderId, reason, Date.now()),
  });
  addSenderRoutes(app, () => senders.views(settings.jwks.grace_seconds * 1000));
  addRegistryRoutes(app, registries, kept?.lookups ?? null);
  if (kept) addAnswerRoutes(app, kept.lookups, kept.subscriptions, stopping);
  addBackfillRoutes(app, backfill);
  if (settings.server.role !== 'worker') {
    addOpencrvsEventRoutes(app, opencrvsEventSettings(settings), { inbox, log, clock: Date.now });
    addMosipRoutes(app, mosipSettings(settings), { inbox, log, clock: Date.now });
  }
  if (settings.page.enabled) {
    addPage(app, pageSettings(settings), {
      inbox,
      senders,
      sources: registries.sources,
      refusals,
      clients: clientsBehind(settings.server.trusted_proxies),
      nameOf: (senderId) => nameOf(senders, senderId),
      adoptedFrom: ADOPTED_FROM,
      odooHealth: () => delivery.health,
      latency: () => latency.times,
      senderCount: () => senders.size,
      clock: Date.now,
      log,
    });
  }
  return { ...(await listen(app, listenSettings(settings), log)), app };
}

/** Serves the metrics on an address of their own, where the settings name one. */
async function listenForMetrics(
  settings: Settings,
  signals: BridgeSignals,
  log: Logger,
): Promise<Listening | null> {
  const place = metricsListenSettings(settings);
  if (!place) return null;
  const { token } = settings.metrics;
  const access = { tokens: token === null ? [] : [token], open: token === null };
  const listening = await listen(
    createMetricsApp(access, () => signals.print()),
    place,
    log,
  );
  log.info({ metrics: listening.url }, 'the metrics are served');
  return listening;
}

/** Tells the signals of Odoo's calls and, at level debug, the log: with the batch that a call is made for. */
function callObserver(signals: BridgeSignals, log: Logger): CallObserver {
  return async (model, method, work, outcomeOf) => {
    const start = performance.now();
    let outcome = 'ok';
    try {
      return await signals.odooCall(model, method, work, outcomeOf);
    } catch (error) {
      outcome = outcomeOf(error);
      throw error;
    } finally {
      log.debug({ model, method, outcome, ms: Math.round(performance.now() - start) }, 'Odoo was called');
    }
  };
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
