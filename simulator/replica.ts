import { AsyncLocalStorage } from 'node:async_hooks';
import { Hono } from 'hono';
import pino from 'pino';
import { startScheduledJobs } from '../src/composition/scheduled-jobs.ts';
import { loadSettings } from '../src/config/load.ts';
import type { Settings } from '../src/config/schema.ts';
import { addDciRoutes } from '../src/connectors/dci/routes.ts';
import { Waits } from '../src/connectors/dci/waits.ts';
import { connectorReader } from '../src/connectors/index.ts';
import { DeliveryLoop } from '../src/delivery/delivery-loop.ts';
import { NO_ZONES } from '../src/events/time-zone.ts';
import type { AppEnv } from '../src/http/app-env.ts';
import { answerOf } from '../src/http/http-error.ts';
import type { Inbox } from '../src/inbox/inbox.ts';
import { BodyBudget } from '../src/intake/body-budget.ts';
import { Failures } from '../src/intake/failures.ts';
import type { OdooClient } from '../src/odoo/client.ts';
import { CapabilityCache } from '../src/openspp/capabilities.ts';
import { RULES } from '../src/openspp/rules/index.ts';
import { type Break, disablingFirst, withoutHolds } from './broken.ts';
import type { Holders } from './holders.ts';
import type { Plan } from './plan/plan.ts';
import { GRACE_MS, type Storage } from './storage/storage.ts';
import type { Process } from './time/scheduler.ts';

/** The batch whose code runs now. */
export const batches = new AsyncLocalStorage<object>();

const log = pino({ level: 'silent' });

/** The settings of a bridge: the defaults, but what is far away in time is nearer, so that less time has to be simulated. */
function settingsOf({ batch, concurrency }: Plan): Settings {
  return {
    ...DEFAULTS,
    delivery: {
      ...DEFAULTS.delivery,
      batchSize: { first: batch, minimum: Math.min(batch, 2), maximum: batch, targetCallMs: 2000 },
      concurrency,
      backoff: { initialMs: 1000, maximumMs: 10_000 },
      unansweredGraceMs: GRACE_MS,
      pollMs: 8000,
      matchAgainAfterMs: 30_000,
    },
    apply: { ...DEFAULTS.apply, pollMs: 15_000 },
    lateMatches: { ...DEFAULTS.lateMatches, intervalMs: 30_000 },
    sweep: { ...DEFAULTS.sweep, intervalMs: 30_000, untouchedMs: 40_000 },
  };
}

const DEFAULTS = loadSettings({});
const READER = connectorReader(NO_ZONES);

/** One bridge: intake, delivery and scheduled work over an inbox, put together as `src/bridge.ts` does. */
export class Replica {
  readonly process: Process;
  readonly inbox: Inbox;
  readonly #app: Hono<AppEnv>;
  readonly #loop: DeliveryLoop;

  private constructor(
    process: Process,
    inbox: Inbox,
    client: OdooClient,
    capabilities: CapabilityCache,
    settings: Settings,
  ) {
    this.process = process;
    this.inbox = inbox;
    this.#app = receivingApp(inbox, settings);
    this.#loop = new DeliveryLoop(settings.delivery, {
      inbox,
      client,
      capabilities,
      readNotification: READER,
      matching: settings.matching,
      death: settings.death,
      rules: RULES,
      apply: settings.apply,
      nameOf: (senderId) => senderId,
      log,
      signals: {
        batch: (_claimed, deliver) => batches.run({}, deliver),
        settled: () => {},
        mosipUncorrelated: () => {},
      },
    });
  }

  /** Starts a bridge, as the process that runs now. */
  static async start(
    process: Process,
    plan: Plan,
    storage: Storage,
    bare: OdooClient,
    broken: Break | null,
    holders: Holders,
  ): Promise<Replica> {
    const settings = settingsOf(plan);
    const client = broken === 'exit-after-disable' ? disablingFirst(bare) : bare;
    const opened = await storage.open(process);
    const inbox = holders.watched(process, broken === 'missing-hold' ? withoutHolds(opened) : opened);
    const capabilities = new CapabilityCache(client);
    const replica = new Replica(process, inbox, client, capabilities, settings);
    replica.#loop.start();
    await startScheduledJobs(settings, {
      inbox,
      client,
      capabilities,
      readNotification: READER,
      matching: settings.matching,
      log,
    });
    return replica;
  }

  /** Takes a message as its HTTP face does; gives the status of the answer. */
  async receive(body: string): Promise<number> {
    const request = new Request('http://bridge/registry/notify', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) },
      body,
    });
    const response = await this.#app.fetch(request);
    return response.status;
  }
}

function receivingApp(inbox: Inbox, settings: Settings): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  addDciRoutes(
    app,
    {
      ...settings.receiving,
      allowUnsigned: true,
      clockSkewSeconds: 60,
      maxWindowSeconds: 86_400,
    },
    {
      inbox,
      readNotification: READER,
      senders: {
        find: () => undefined,
        size: 0,
        refreshForUnknown: () => {},
        fetchForUnknownKey: async () => false,
      },
      clients: { certificateNamesOf: () => [], addressOf: () => null },
      bodies: new BodyBudget(settings.server.maxBodiesBytes),
      failures: new Failures(),
      waits: new Waits(settings.server.maxWaits),
      decryptionKeys: () => [],
      stopping: new AbortController().signal,
      log,
      clock: Date.now,
    },
  );
  app.onError((error, c) => c.body(null, answerOf(error).status as 503));
  return app;
}
