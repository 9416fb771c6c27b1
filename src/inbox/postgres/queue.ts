import { PgBoss } from 'pg-boss';
import { ALONE_FROM, type Lane } from '../inbox.ts';
import type { Sql } from './database.ts';

export const QUEUE_SCHEMA = 'crvs_bridge_boss';
/** The queue of each lane. */
export const QUEUES: Readonly<Record<Lane, string>> = { common: 'deliver', alone: 'deliver-alone' };

/** What stands for an event in the queue while it waits or is being delivered. */
export interface Job {
  id: string;
  event: number;
  lane: Lane;
  /** The day that orders it, `YYYY-MM-DD`. */
  sortDate: string;
}

const DAY_MS = 86_400_000;
const MOST = 2_147_483_647;
/** Nothing is ever given up by the queue: when to stop trying is the delivery's to say. */
export const QUEUE_OPTIONS = { retryLimit: MOST, retryDelay: 0 };
/** Statements that are always the same text are prepared once a connection. */
const PREPARED = /^\s*(INSERT INTO|WITH results as \(\s*DELETE)/i;

/**
 * The queue that says which event is next, and gives each to one replica only: pg-boss, whose jobs come and go in the
 * same transactions as the record of the events.
 *
 * Of pg-boss's own supervision nothing runs. It would delete what waits longer than a retention, and give back a job
 * whose time is over without the record knowing; leases and the record are one here (`lease.ts`). As a job is deleted
 * when its try is over, nothing is left to be cleaned up.
 */
export class Queue {
  readonly #boss: PgBoss;
  readonly #names = new Map<string, string>();

  constructor(sql: Sql) {
    this.#boss = new PgBoss({
      db: { executeSql: async (text, values) => ({ rows: await sql.rows(text, values) }) },
      schema: QUEUE_SCHEMA,
      migrate: false,
      supervise: false,
      schedule: false,
    });
    // Its look at the list of queues, now and then; a failure says nothing that a call would not say.
    this.#boss.on('error', () => {});
  }

  async start(): Promise<void> {
    await this.#boss.start();
  }

  async stop(): Promise<void> {
    await this.#boss.stop({ close: false, graceful: false });
  }

  async add(sql: Sql, jobs: readonly Job[]): Promise<void> {
    for (const [lane, some] of byLane(jobs)) {
      await this.#boss.insert(
        QUEUES[lane],
        some.map(({ id, event, sortDate }) => ({ id, data: { event }, priority: priorityOf(sortDate) })),
        { db: this.#within(sql) },
      );
    }
  }

  /** Takes the next jobs of a lane, earliest date first; in no order. */
  async take(sql: Sql, lane: Lane, limit: number): Promise<{ id: string; event: number }[]> {
    const jobs = await this.#boss.fetch<{ event: number }>(QUEUES[lane], {
      batchSize: limit,
      db: this.#within(sql),
    });
    return jobs.map(({ id, data }) => ({ id, event: Number(data.event) }));
  }

  /** Lets jobs that were taken wait again, each in its place. */
  async giveBack(sql: Sql, jobs: readonly Pick<Job, 'id' | 'lane'>[]): Promise<void> {
    for (const [lane, some] of byLane(jobs)) {
      await this.#boss.fail(
        QUEUES[lane],
        some.map(({ id }) => id),
        null,
        { db: this.#within(sql) },
      );
    }
  }

  /** Ends tries. */
  async remove(sql: Sql, jobs: readonly Pick<Job, 'id' | 'lane'>[]): Promise<void> {
    for (const [lane, some] of byLane(jobs)) {
      await this.#boss.deleteJob(
        QUEUES[lane],
        some.map(({ id }) => id),
        { db: this.#within(sql) },
      );
    }
  }

  #within(sql: Sql) {
    return {
      executeSql: async (text: string, values?: unknown[]) => ({
        rows: await sql.rows<unknown>(text, values, PREPARED.test(text) ? this.#nameOf(text) : undefined),
      }),
    };
  }

  #nameOf(text: string): string {
    let name = this.#names.get(text);
    if (name === undefined) {
      name = `queue ${this.#names.size}`;
      this.#names.set(text, name);
    }
    return name;
  }
}

export function laneOf(failures: number): Lane {
  return failures >= ALONE_FROM ? 'alone' : 'common';
}

/** pg-boss takes the highest first: so the earlier the day, the higher. */
function priorityOf(sortDate: string): number {
  const day = Math.floor(Date.parse(sortDate) / DAY_MS);
  return Number.isNaN(day) ? 0 : Math.max(-MOST, Math.min(MOST, -day));
}

function byLane<T extends { lane: Lane }>(jobs: readonly T[]): [Lane, T[]][] {
  return (['common', 'alone'] as const)
    .map((lane): [Lane, T[]] => [lane, jobs.filter((job) => job.lane === lane)])
    .filter(([, some]) => some.length > 0);
}
