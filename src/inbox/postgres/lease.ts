import { randomUUID } from 'node:crypto';
import { InboxUnavailableError } from '../unavailable.ts';
import type { Database, Sql } from './database.ts';
import { GIVEN_BACK_QUERY, giveBack } from './give-back.ts';

/** This process among those that serve the inbox. */
export interface Replica {
  /** Its name while its lease is good; null before, between and after. Never used again once the lease ended. */
  readonly id: string | null;
  /**
   * Keeps the lease from being ended by others until the transaction is over. Rejects where it has ended.
   *
   * @param afterAll waits until each transaction is over that asked for this before
   */
  assertAlive(sql: Sql, id: string, afterAll: boolean): Promise<void>;
}

export interface LeaseOptions {
  /** Milliseconds without a renewal after which others may have what this process has. */
  leaseMs: number;
  /** Milliseconds that an event waits whose delivery was cut off by the end of a process. */
  interruptedGraceMs: number;
  /** Called when the lease ended: what was in hand and held is so no more. */
  onLost(): void;
  /** Called when the lease was renewed, and so the server answers. */
  onRenewed(): void;
  /** Called when events were taken from a process that is gone. */
  onGivenBack(): void;
}

/** The lease is renewed so often in its time, and as often it is looked for others' that ended. */
const RENEWALS = 3;
/** The part of the lease after which all work stops: well before another process may begin. */
const SAFE = 0.8;

/**
 * One row says that this process is alive; what it has claimed and holds names that row. So renewing costs one small
 * statement however much is in hand, and the bridge that finds the row's time over gives all of it back in one transaction.
 *
 * The times are the database's alone. Here time is measured without a clock that can be set, from before each renewal
 * was sent: this process always thinks its lease to be over before the database does.
 */
export class Lease implements Replica {
  readonly #database: Database;
  readonly #options: LeaseOptions;
  #id: string | null = null;
  /** The last name, until its row is known to be over. */
  #former: string | null = null;
  #controller = new AbortController();
  /** When this process stops trusting its lease, by `performance.now()`. */
  #goodUntil = 0;
  #renewTimer: NodeJS.Timeout | undefined;
  #endTimer: NodeJS.Timeout | undefined;
  #renewing: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(database: Database, options: LeaseOptions) {
    this.#database = database;
    this.#options = options;
  }

  get id(): string | null {
    this.#endWhenOver();
    return this.#id;
  }

  /** Aborts when the lease ends; the next one has another signal. */
  get signal(): AbortSignal {
    this.#endWhenOver();
    return this.#controller.signal;
  }

  async start(): Promise<void> {
    await this.#register();
    await this.#sweep();
    this.#planRenewal(this.#options.leaseMs / RENEWALS);
  }

  async assertAlive(sql: Sql, id: string, afterAll: boolean): Promise<void> {
    // A key share lock keeps the row from being deleted, and lets the renewal pass.
    const [row] = await sql.rows(
      `SELECT 1 FROM crvs_bridge.replicas WHERE id = $1 AND expires_at > clock_timestamp()
       FOR ${afterAll ? 'UPDATE' : 'KEY SHARE'}`,
      [id],
      afterAll ? 'lease-alive-alone' : 'lease-alive',
    );
    if (!row) throw new InboxUnavailableError('the lease on the inbox ended');
  }

  async #register(): Promise<void> {
    const id = randomUUID();
    const asked = performance.now();
    const former = this.#former;
    const given = await this.#database.transaction(async (sql) => {
      await sql.rows(
        "INSERT INTO crvs_bridge.replicas (id, expires_at) VALUES ($1, clock_timestamp() + $2 * interval '1 ms')",
        [id, this.#options.leaseMs],
      );
      return former !== null && leave(sql, [former], this.#options.interruptedGraceMs);
    });
    if (given) this.#options.onGivenBack();
    if (this.#stopped) return;
    this.#former = null;
    this.#id = id;
    if (this.#controller.signal.aborted) this.#controller = new AbortController();
    this.#trustFrom(asked);
  }

  #trustFrom(asked: number): void {
    this.#goodUntil = asked + this.#options.leaseMs * SAFE;
    clearTimeout(this.#endTimer);
    this.#endTimer = setTimeout(
      () => this.#endWhenOver(),
      Math.max(0, this.#goodUntil - performance.now()) + 1,
    );
    this.#endTimer.unref();
  }

  #endWhenOver(): void {
    if (this.#id !== null && performance.now() >= this.#goodUntil) this.#lose();
  }

  #lose(): void {
    this.#former = this.#id;
    this.#id = null;
    this.#controller.abort(new InboxUnavailableError('the lease on the inbox ended'));
    this.#options.onLost();
  }

  #planRenewal(inMs: number): void {
    if (this.#stopped) return;
    this.#renewTimer = setTimeout(() => {
      this.#renewing = this.#renew().then(
        () => this.#planRenewal(this.#options.leaseMs / RENEWALS),
        // Each use of the inbox fails then; here it is tried again, sooner.
        () => this.#planRenewal(this.#options.leaseMs / RENEWALS / 4),
      );
    }, inMs);
    this.#renewTimer.unref();
  }

  async #renew(): Promise<void> {
    const { id } = this;
    if (id === null) {
      await this.#register();
    } else {
      const asked = performance.now();
      const renewed = await this.#database.rows(
        `UPDATE crvs_bridge.replicas SET expires_at = clock_timestamp() + $2 * interval '1 ms'
         WHERE id = $1 AND expires_at > clock_timestamp() RETURNING 1`,
        [id, this.#options.leaseMs],
        'lease-renew',
      );
      if (this.#id !== id) return;
      if (renewed.length === 0) {
        this.#lose();
        await this.#register();
      } else {
        this.#trustFrom(asked);
        this.#options.onRenewed();
      }
    }
    await this.#sweep();
  }

  /** Gives back what processes had whose lease is over. */
  async #sweep(): Promise<void> {
    const [over] = await this.#database.rows(
      'SELECT 1 FROM crvs_bridge.replicas WHERE expires_at <= clock_timestamp() LIMIT 1',
      [],
    );
    if (!over) return;
    const given = await this.#database.transaction(async (sql) => {
      const gone = await sql.rows<{ id: string }>(
        'SELECT id FROM crvs_bridge.replicas WHERE expires_at <= clock_timestamp() FOR UPDATE SKIP LOCKED',
      );
      return endReplicas(
        sql,
        gone.map(({ id }) => id),
        this.#options.interruptedGraceMs,
      );
    });
    if (given) this.#options.onGivenBack();
  }

  /** Ends the lease, and gives back at once what is still in hand. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#renewTimer);
    clearTimeout(this.#endTimer);
    await this.#renewing;
    const ended = [this.#id, this.#former].filter((id) => id !== null);
    this.#id = null;
    this.#controller.abort(new InboxUnavailableError('the inbox is closed'));
    if (ended.length === 0) return;
    await this.#database
      .transaction((sql) => leave(sql, ended, this.#options.interruptedGraceMs))
      // Then its time runs out by itself.
      .catch(() => {});
  }
}

/**
 * Ends leases before their time. What is still held is what Odoo may be working on, and stays held for the grace.
 *
 * @returns whether there were events to give back
 */
async function leave(sql: Sql, ids: string[], graceMs: number): Promise<boolean> {
  // First of all, as a sweep does: so neither of the two waits for the other.
  await sql.rows('SELECT id FROM crvs_bridge.replicas WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE', [
    ids,
  ]);
  const given = await giveBackAll(sql, ids, graceMs);
  await sql.rows(
    `DELETE FROM crvs_bridge.replicas
     WHERE id = ANY($1::uuid[]) AND id NOT IN (SELECT owner FROM crvs_bridge.holds)`,
    [ids],
  );
  await sql.rows(
    `UPDATE crvs_bridge.replicas SET expires_at = least(expires_at, clock_timestamp() + $2 * interval '1 ms')
     WHERE id = ANY($1::uuid[])`,
    [ids, graceMs],
  );
  return given;
}

/** Gives back all that processes had whose lease is over. @returns whether there were events to give back */
async function endReplicas(sql: Sql, ids: string[], graceMs: number): Promise<boolean> {
  if (ids.length === 0) return false;
  const given = await giveBackAll(sql, ids, graceMs);
  await sql.rows('DELETE FROM crvs_bridge.holds WHERE owner = ANY($1::uuid[])', [ids]);
  await sql.rows('DELETE FROM crvs_bridge.replicas WHERE id = ANY($1::uuid[])', [ids]);
  return given;
}

async function giveBackAll(sql: Sql, ids: string[], graceMs: number): Promise<boolean> {
  const rows = await sql.rows<{ id: number }>(
    `${GIVEN_BACK_QUERY} AND owner = ANY($1::uuid[]) ORDER BY id FOR UPDATE`,
    [ids],
  );
  const now = Date.now();
  await giveBack(sql, rows, now, now + graceMs);
  return rows.length > 0;
}
