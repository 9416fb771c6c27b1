import type { Hono } from 'hono';
import type { Logger } from 'pino';
import { BackfillService } from './backfill/service.ts';
import { deliveryLoop } from './composition/delivery.ts';
import { bridgeApp } from './composition/http-app.ts';
import { metricSources } from './composition/metric-sources.ts';
import { instrumentedOdooClient, type OdooAccess } from './composition/odoo.ts';
import { registryServices } from './composition/registry-services.ts';
import { startScheduledJobs } from './composition/scheduled-jobs.ts';
import { keySets } from './composition/sender-keys.ts';
import { closeServer, listenForHealth, listenForMetrics } from './composition/servers.ts';
import { configuredKeyEnd } from './config/api-key.ts';
import { backfillSettings } from './config/backfill.ts';
import { keySettings } from './config/keys.ts';
import { listenSettings } from './config/listen.ts';
import { matchingSettings } from './config/matching.ts';
import type { Settings } from './config/schema.ts';
import { screeningSettings } from './config/screening.ts';
import { senderSettings, timeZonesOf } from './config/senders.ts';
import { LeaseBook } from './connectors/mosip/leases.ts';
import { startExtensions } from './extensions/extensions.ts';
import type { AppEnv } from './http/app-env.ts';
import { type Listening, listen } from './http/listen.ts';
import { openInbox } from './inbox/open.ts';
import { OwnKeys } from './keys/own-keys.ts';
import { ApiKeyEnd } from './odoo/api-key-end.ts';
import { Latency } from './odoo/latency.ts';
import { CapabilityCache } from './openspp/capabilities.ts';
import { RULES } from './openspp/rules/index.ts';
import { ScreeningService } from './screening/service.ts';
import { readSenders } from './senders/odoo-senders.ts';
import { SenderDirectory } from './senders/sender-directory.ts';
import { BridgeSignals } from './signals/bridge-signals.ts';
import type { Tracing } from './signals/tracing.ts';
import { VERSION } from './version.ts';

/** Milliseconds between two looks for a catch-up that somebody asked for. */
const BACKFILL_LOOK_MS = 1000;
/** The same for a screening. */
const SCREENING_LOOK_MS = 1000;

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
  const client = instrumentedOdooClient(settings, access, { signals, latency, log });
  const ownKeys = new OwnKeys(keySettings(settings));
  const limitMs = settings.delivery.extension_timeout_seconds * 1000;
  const extensions = await startExtensions(settings.extensions, limitMs, RULES, log, timeZonesOf(settings));
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
  const apiKey = new ApiKeyEnd(client, {
    usesKey: access.apiKey !== null,
    endsAt: configuredKeyEnd(settings),
  });
  const openspp = { client, capabilities: new CapabilityCache(client), matching: matchingSettings(settings) };
  const delivery = deliveryLoop(settings, inbox, { ...openspp, ...extensions }, senders, log, signals);
  const leases = new LeaseBook(inbox);
  signals.addSources(
    metricSources(
      inbox,
      () => leases.list(settings.mosip.topics),
      ownKeys,
      senders,
      delivery,
      apiKey,
      role !== 'receiver',
    ),
  );
  const asks = registryServices(settings, {
    inbox,
    odoo: client,
    ownKeys,
    senders,
    log,
    strangers: (source) => signals.registryStranger(source),
  });
  const { registries } = asks;
  const backfill = new BackfillService({ inbox, registries, settings: backfillSettings(settings), log });
  const screening = new ScreeningService({
    inbox,
    client,
    registries,
    settings: screeningSettings(settings),
    log,
  });
  const stopping = new AbortController();
  let listening: Listening & Pick<Bridge, 'app'>;
  let metrics: Listening | null = null;
  let health: Listening | null = null;
  try {
    await ownKeys.start(log);
    await senders.start();
    metrics = await listenForMetrics(settings, signals, log);
    const app = bridgeApp(settings, {
      inbox,
      senders,
      ownKeys,
      delivery,
      extensions,
      asks,
      backfill,
      screening,
      latency,
      apiKey,
      signals,
      stopping: stopping.signal,
      log,
    });
    health = await listenForHealth(settings, app, log);
    listening = { ...(await listen(app, listenSettings(settings), log)), app };
  } catch (error) {
    metrics?.server.close();
    health?.server.close();
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
  let stopScreening = async () => {};
  // A receiver writes nothing to OpenSPP.
  if (role !== 'receiver') {
    delivery.start();
    stopChores = await startScheduledJobs(settings, { ...openspp, ...extensions, inbox, log, signals, asks });
    void extensions.warnOfMissingFields(openspp.capabilities);
    stopBackfill = await backfill.attend(BACKFILL_LOOK_MS);
    stopScreening = await screening.attend(SCREENING_LOOK_MS);
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
      await Promise.all([
        closeServer(server, graceMs),
        delivery.stop(graceMs),
        stopChores(),
        stopBackfill(),
        stopScreening(),
      ]);
      extensions.stop();
      for (const one of [metrics, health]) if (one) await closeServer(one.server, graceMs);
      await asks.stop();
      await inbox.close();
      await signals.stop();
      log.info('the bridge has stopped');
    },
  };
}
