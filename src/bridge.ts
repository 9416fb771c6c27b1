import type { AddressInfo } from 'node:net';
import { type ServerType, serve } from '@hono/node-server';
import type { Logger } from 'pino';
import { appSettings } from './config/app.ts';
import { deliverySettings } from './config/delivery.ts';
import { matchingSettings } from './config/matching.ts';
import type { Settings } from './config/schema.ts';
import { senderSettings } from './config/senders.ts';
import { sourceSettings } from './config/sources.ts';
import { DeliveryLoop } from './delivery/delivery-loop.ts';
import { createApp } from './http/app.ts';
import { addRegistryRoutes } from './http/registry-routes.ts';
import type { Inbox } from './inbox/inbox.ts';
import { openInbox } from './inbox/open.ts';
import type { OdooClient } from './odoo/client.ts';
import { connectOdoo } from './odoo/connect.ts';
import { CapabilityCache } from './openspp/capabilities.ts';
import { RULES } from './openspp/rules/index.ts';
import { Registries } from './registries/registries.ts';
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

const PRUNE_EVERY_MS = 3_600_000;
const DAY_MS = 86_400_000;

/**
 * Starts the bridge: the only place that knows all of its parts.
 *
 * @throws where the inbox cannot be opened or the port is taken
 */
export async function startBridge(settings: Settings, access: OdooAccess, log: Logger): Promise<Bridge> {
  const client = odooClient(settings, access);
  const inbox = await openInbox(settings.inbox.url, {
    exclusive: true,
    interruptedGraceMs: settings.delivery.unanswered_grace_seconds * 1000,
    queueLimit: settings.inbox.queue_limit,
  });
  const senders = new SenderDirectory(
    senderSettings(settings, access),
    inbox,
    () => readSenders(client),
    log,
  );
  const delivery = deliveryLoop(settings, inbox, client, senders, log);
  const stopping = new AbortController();
  let server: ServerType;
  try {
    await senders.start();
    server = await listen(settings, inbox, client, senders, delivery, stopping.signal, log);
  } catch (error) {
    senders.stop();
    await inbox.close();
    throw error;
  }
  delivery.start();
  void prune(inbox, settings.inbox.retention_days, log);
  const pruning = setInterval(() => void prune(inbox, settings.inbox.retention_days, log), PRUNE_EVERY_MS);
  const { address, port, family } = server.address() as AddressInfo;
  const url = `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
  if (settings.signature.allow_unsigned) {
    log.warn('ALLOW_UNSIGNED is on: anybody who reaches this port can report births and deaths');
  }
  log.info({ url, odoo: client.protocol }, 'the bridge is listening');
  return {
    url,
    async stop() {
      clearInterval(pruning);
      senders.stop();
      stopping.abort();
      const graceMs = settings.server.shutdown_seconds * 1000;
      await Promise.all([closeServer(server, graceMs), delivery.stop(graceMs)]);
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

function deliveryLoop(
  settings: Settings,
  inbox: Inbox,
  client: OdooClient,
  senders: SenderDirectory,
  log: Logger,
): DeliveryLoop {
  return new DeliveryLoop(deliverySettings(settings), {
    inbox,
    client,
    capabilities: new CapabilityCache(client),
    matching: matchingSettings(settings),
    rules: RULES,
    nameOf: (senderId) => senders.find(senderId)?.name ?? senderId,
    log,
  });
}

async function listen(
  settings: Settings,
  inbox: Inbox,
  client: OdooClient,
  senders: SenderDirectory,
  delivery: DeliveryLoop,
  stopping: AbortSignal,
  log: Logger,
): Promise<ServerType> {
  const { server } = settings;
  const app = createApp(appSettings(settings), {
    inbox,
    senders,
    stopping,
    log,
    clock: Date.now,
    senderCount: () => senders.size,
    odooHealth: () => delivery.health,
  });
  addRegistryRoutes(app, new Registries(sourceSettings(settings), client));
  return new Promise((resolve, reject) => {
    const listening = serve(
      {
        fetch: app.fetch,
        hostname: server.host,
        port: server.port,
        serverOptions: {
          requestTimeout: server.request_timeout_seconds * 1000,
          headersTimeout: server.request_timeout_seconds * 1000,
          // How often Node looks for connections that are past their time.
          connectionsCheckingInterval: 1000,
        },
      },
      () => resolve(listening),
    );
    listening.once('error', reject);
  });
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

async function prune(inbox: Inbox, retentionDays: number, log: Logger): Promise<void> {
  try {
    const messages = await inbox.prune(Date.now() - retentionDays * DAY_MS);
    if (messages > 0) log.info({ messages }, 'settled messages past their retention were deleted');
  } catch (error) {
    log.error({ reason: (error as Error).message }, 'settled messages could not be deleted');
  }
}
