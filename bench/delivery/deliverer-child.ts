import type { OdooAccess } from '../../src/composition/context.ts';
import { loadSettings } from '../../src/config/load.ts';
import { connectOdoo } from '../../src/odoo/connect.ts';
import { answerParent } from '../lib/answer-parent.ts';
import { peakRss } from '../lib/machine.ts';
import { type BridgeJob, deliverInbox } from './bridge.ts';
import { byProcessEvent, bySevenCalls, inParallel, readKnown, type SingleEvent } from './one-by-one.ts';

/** How events are to be delivered. */
export type Way =
  | { kind: 'seven-calls' | 'process-event'; callers: number; events: SingleEvent[] }
  | ({ kind: 'bridge' } & BridgeJob);

/** What a delivery took. */
export interface Delivery {
  events: number;
  seconds: number;
  calls: number;
  cpuSeconds: number;
  peakRssBytes: number;
  /** Resident when it was over. */
  endRssBytes: number;
  /** Events that ended in error. */
  errors: number;
  /** Events that were given back to the inbox meanwhile. */
  released: number;
  /** From the start of the process to the first batch in hand, and from the delivery's start to its first events settled; NaN but for the bridge. */
  firstBatchMs: number;
  firstSettledMs: number;
  /** What Odoo was asked, by `model.method`: how often, and milliseconds until the answer, in all. */
  asked: Record<string, { calls: number; ms: number }>;
}

const questions = {
  /** Delivers everything; the client's first call (which protocol, who am I) is part of it. */
  async deliver({ access, way }: { access: OdooAccess; way: Way }): Promise<Delivery> {
    const asked: Delivery['asked'] = {};
    const { odoo } = loadSettings({});
    const client = connectOdoo({
      url: access.url,
      db: access.db,
      login: access.login,
      apiKey: access.apiKey ?? undefined,
      password: access.password ?? undefined,
      protocol: odoo.protocol,
      timeoutMs: odoo.timeoutMs,
      onCall: ({ model, method, milliseconds }) => {
        const name = `${model}.${method}`;
        const { calls, ms } = asked[name] ?? { calls: 0, ms: 0 };
        asked[name] = { calls: calls + 1, ms: ms + milliseconds };
      },
    });
    let cpu = process.cpuUsage();
    const onStart = () => {
      cpu = process.cpuUsage();
    };
    const ran = way.kind === 'bridge' ? await byBridge() : await oneByOne(way);
    const { user, system } = process.cpuUsage(cpu);
    return {
      ...ran,
      asked,
      calls: Object.values(asked).reduce((sum, { calls }) => sum + calls, 0),
      cpuSeconds: (user + system) / 1e6,
      peakRssBytes: peakRss(),
      endRssBytes: process.memoryUsage.rss(),
    };

    async function byBridge() {
      const run = await deliverInbox(client, way as BridgeJob, onStart);
      return {
        events: run.settled,
        seconds: (run.endedAt - run.startedAt) / 1000,
        errors: run.errors,
        released: run.released,
        firstBatchMs: run.firstClaimAt,
        firstSettledMs: run.firstSettledAt - run.startedAt,
      };
    }

    async function oneByOne({ kind, callers, events }: Exclude<Way, { kind: 'bridge' }>) {
      const startedAt = performance.now();
      const known = await readKnown(client);
      await inParallel(events, callers, (event) =>
        kind === 'seven-calls' ? bySevenCalls(client, event, known) : byProcessEvent(client, event),
      );
      const seconds = (performance.now() - startedAt) / 1000;
      const none = Number.NaN;
      return {
        events: events.length,
        seconds,
        errors: 0,
        released: 0,
        firstBatchMs: none,
        firstSettledMs: none,
      };
    }
  },
};

export type DelivererQuestions = typeof questions;
answerParent(questions);
