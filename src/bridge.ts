import type { Hono } from 'hono';
import type { Logger } from 'pino';
import { BackfillService } from './backfill/service.ts';
import type { Context, OdooAccess } from './composition/context.ts';
import { deliveryLoop } from './composition/delivery.ts';
import { bridgeApp } from './composition/http-app.ts';
import { indexingLog } from './composition/indexing-log.ts';
import { metricSources } from './composition/metric-sources.ts';
import { instrumentedOdooClient } from './composition/odoo.ts';
import { registryServices } from './composition/registry-services.ts';
import { startScheduledJobs } from './composition/scheduled-jobs.ts';
import { senderDirectory } from './composition/senders.ts';
import { closeServer, listenForHealth, listenForMetrics } from './composition/servers.ts';
import type { Settings } from './config/schema.ts';
import { opensppName, timeZonesOf } from './config/senders.ts';
import { connectorReader } from './connectors/index.ts';
import { LeaseBook } from './connectors/mosip/leases.ts';
import { startExtensions } from './extensions/extensions.ts';
import type { AppEnv } from './http/app-env.ts';
import { listen } from './http/listen.ts';
import { openInbox } from './inbox/open.ts';
import { repeat } from './inbox/repeat.ts';
import { OwnKeys } from './keys/own-keys.ts';
import { ApiKeyEnd } from './odoo/api-key-end.ts';
import { Latency } from './odoo/latency.ts';
import { CapabilityCache } from './openspp/capabilities.ts';
import { OpensppGuard } from './openspp/known-openspp.ts';
import { RULES } from './openspp/rules/index.ts';
import { ScreeningService } from './screening/service.ts';
import { BridgeSignals } from './signals/bridge-signals.ts';
import type { Tracing } from './signals/tracing.ts';
import { VERSION } from './version.ts';

/** Milliseconds between two looks whether OpenSPP is still the one of the inbox. */
const OPENSPP_LOOK_MS = 60_000;
/** Milliseconds between two looks for a catch-up or a screening that somebody asked for. */
const LOOK_MS = 1000;

export interface Bridge {
  /** Where it listens. */
  url: string;
  /** Its HTTP face, with every route that it has. */
  app: Hono<AppEnv>;
  /** Stops accepting, finishes what is under way, closes the inbox. */
  stop(): Promise<void>;
}

/**
 * Starts the bridge: the only place that knows all of its modules.
 *
 * @param tracing null for no traces; ends with the bridge
 * @throws where the inbox cannot be opened, the port is taken, or one of our keys or an extension cannot be used
 */
export async function startBridge(
  settings: Settings,
  access: OdooAccess,
  log: Logger,
  tracing: Tracing | null = null,
): Promise<Bridge> {
  const { role } = settings.server;
  const signals = new BridgeSignals({ version: VERSION, role, node: process.version }, tracing);
  const context: Context = { settings, access, log, signals };
  const running = new Running();
  running.onStop(() => signals.stop());
  try {
    const { url, app, odoo } = await startModules(context, running);
    if (settings.signature.allowUnsigned) {
      log.warn('ALLOW_UNSIGNED is on: anybody who reaches this port can report births and deaths');
    }
    log.info({ url, role, odoo }, 'the bridge is listening');
    return {
      url,
      app,
      async stop() {
        await running.stop();
        log.info('the bridge has stopped');
      },
    };
  } catch (error) {
    await running.stop();
    throw error;
  }
}

/** Creates the modules, and starts them in the order in which they need each other. */
async function startModules(context: Context, running: Running) {
  const { settings, access, log, signals } = context;
  // A receiver writes nothing to OpenSPP.
  const delivers = settings.server.role !== 'receiver';

  const latency = new Latency();
  const client = instrumentedOdooClient(context, latency);
  const apiKey = new ApiKeyEnd(client, {
    usesKey: access.apiKey !== null,
    endsAt: settings.odoo.apiKeyExpires,
  });
  const ownKeys = new OwnKeys(settings.keys);
  const extensions = await startExtensions(
    settings.extensions,
    settings.delivery.extensionTimeoutMs,
    RULES,
    log,
    connectorReader(timeZonesOf(settings.senders)),
  );
  running.onStop(() => extensions.stop());
  const inbox = await openInbox(settings.inbox.url, {
    ...settings.inbox,
    exclusive: true,
    interruptedGraceMs: settings.delivery.unansweredGraceMs,
    onCommit: (...commit) => signals.groupCommitted(...commit),
    onIndexing: indexingLog(log),
  });
  running.onStop(() => inbox.close());

  const guard = new OpensppGuard({
    client,
    documents: inbox,
    name: opensppName(access),
    writes: delivers,
    log,
  });
  // Where Odoo cannot be asked, nothing is written either.
  const stopLooking = repeat(
    OPENSPP_LOOK_MS,
    () => guard.verify(),
    () => {},
  );
  running.onStop(() => {
    guard.close();
    return stopLooking();
  });
  const guarded = guard.guard(client);
  const openspp = {
    client: guarded,
    capabilities: new CapabilityCache(guarded),
    matching: settings.matching,
    guard,
  };

  const senders = senderDirectory(context, inbox, client, guarded);
  const delivery = deliveryLoop(context, inbox, { ...openspp, ...extensions }, senders);
  const asks = registryServices(settings, {
    inbox,
    odoo: client,
    ownKeys,
    senders,
    log,
    strangers: (source) => signals.registryStranger(source),
  });
  running.onStop(() => asks.stop());
  const { registries } = asks;
  const backfill = new BackfillService({ inbox, registries, settings: settings.backfill, log });
  const screening = new ScreeningService({
    inbox,
    client: guarded,
    registries,
    settings: settings.screening,
    log,
  });

  const leases = new LeaseBook(inbox);
  const mosipLeases = () => leases.list(settings.mosip.topics);
  signals.addSources(
    metricSources({
      inbox,
      ownKeys,
      senders,
      apiKey,
      mosipLeases,
      guard,
      delivery: delivers ? delivery : null,
    }),
  );
  const graceMs = settings.server.shutdownMs;
  const metrics = await listenForMetrics(context);
  if (metrics) running.onStop(() => closeServer(metrics.server, graceMs));
  running.onStop(() => ownKeys.stop());
  await ownKeys.start(log);
  running.onStop(() => senders.stop());
  await senders.start();

  const stopping = new AbortController();
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
    openspp,
    signals,
    stopping: stopping.signal,
    log,
  });
  const health = await listenForHealth(context, app);
  if (health) running.onStop(() => closeServer(health.server, graceMs));
  const listening = await listen(app, settings.server, log);
  const work = [() => closeServer(listening.server, graceMs)];
  // All that is under way has the same time to end.
  running.onStop(() => Promise.all(work.map((stop) => stop())));
  running.onStop(() => {
    listening.stopWatching();
    stopping.abort();
  });
  if (delivers) {
    delivery.start();
    work.push(() => delivery.stop(graceMs));
    work.push(await startScheduledJobs(settings, { ...openspp, ...extensions, inbox, log, signals, asks }));
    void extensions.warnOfMissingFields(openspp.capabilities);
    work.push(await backfill.attend(LOOK_MS), await screening.attend(LOOK_MS));
  }
  return { url: listening.url, app, odoo: client.protocol };
}

/** What has to be stopped, the last that was started first. */
class Running {
  readonly #stops: (() => unknown)[] = [];

  onStop(stop: () => unknown): void {
    this.#stops.push(stop);
  }

  async stop(): Promise<void> {
    for (const stop of this.#stops.splice(0).reverse()) await stop();
  }
}
