import { randomUUID } from 'node:crypto';
import type { InboxEventType } from '../../events/identity-event.ts';
import type { Identifier } from '../../events/vital-event.ts';
import {
  type ClaimedEvent,
  type EventStatus,
  InboxUnavailableError,
  type Lane,
  LONGEST_DEFERRAL_MS,
  type Settlement,
} from '../inbox.ts';
import { changeOf, type EventChange, type HeldEvent } from '../settlement.ts';
import type { Database, Sql } from './database.ts';
import { GIVEN_BACK_QUERY, type GivenBack, giveBack } from './give-back.ts';
import type { Replica } from './lease.ts';
import { laneOf, type Queue } from './queue.ts';
import { statusesOf } from './rows.ts';
import { stored, told } from './text.ts';

/** Characters of the bodies that one claim takes into memory; a single larger one goes alone. */
const CLAIMED_BODIES_LIMIT = 16 * 1024 * 1024;
/** Deferred events that one claim lets wait again: the next one takes the rest. */
const DUE_LIMIT = 5000;

/** A message whose last event was settled by a commit. */
export interface SettledMessage {
  inboxId: number;
  events: EventStatus[];
}

interface ClaimRow extends Omit<ClaimedEvent, 'identifiers' | 'body' | 'adopted'> {
  type: InboxEventType;
  identifiers: string;
  adopted: boolean;
  personId: number | null;
  job: string;
  /** Of the body, in characters. */
  size: number;
}

/** What this process has in hand, and how it takes and settles it. */
export class Claims {
  readonly #database: Database;
  readonly #queue: Queue;
  readonly #replica: Replica;
  /** The job of each event in hand, and its failures when it was taken. */
  readonly #inHand = new Map<number, HeldEvent & { job: string }>();
  /** Claims of one process follow each other, so that what is in hand is known whenever one begins. */
  #last: Promise<unknown> = Promise.resolve();
  /** Whether a claim may have been committed without this process knowing. */
  #inDoubt = false;

  constructor(database: Database, queue: Queue, replica: Replica) {
    this.#database = database;
    this.#queue = queue;
    this.#replica = replica;
  }

  /** Nothing is in hand any more: another replica may have it. */
  forget(): void {
    this.#inHand.clear();
  }

  claim(limit: number, now: number, lane: Lane): Promise<ClaimedEvent[]> {
    const claimed = this.#last.then(() => this.#claim(limit, now, lane));
    this.#last = claimed.catch(() => {});
    return claimed;
  }

  async #claim(limit: number, now: number, lane: Lane): Promise<ClaimedEvent[]> {
    const owner = this.#replica.id;
    if (owner === null) throw new InboxUnavailableError('this process does not serve the inbox now');
    try {
      const claimed = await this.#database.transaction(async (sql) => {
        await this.#replica.assertAlive(sql, owner);
        if (this.#inDoubt) await this.#giveBackUnknown(sql, owner, now);
        await this.#wakeDue(sql, now);
        return this.#take(sql, owner, limit, now, lane);
      });
      this.#inDoubt = false;
      // Where the lease ended meanwhile, the rows are given back to whoever comes first.
      if (this.#replica.id !== owner) throw new InboxUnavailableError('the lease on the inbox ended');
      for (const { row } of claimed) {
        const { job, failures, odooEventId } = row;
        this.#inHand.set(row.id, { job, failures, odooEventId });
      }
      return claimed.map(({ row, body }) => {
        const { size: _size, job: _job, adopted, personId, ...event } = row;
        return {
          ...event,
          senderId: told(row.senderId),
          messageId: told(row.messageId),
          date: told(row.date),
          identifiers: JSON.parse(row.identifiers) as Identifier[],
          adopted: adopted && row.odooEventId !== null ? { odooEventId: row.odooEventId, personId } : null,
          body,
        };
      });
    } catch (error) {
      this.#inDoubt = true;
      throw error;
    }
  }

  /** Deferred events whose time has come wait again, each with a job. */
  async #wakeDue(sql: Sql, now: number): Promise<void> {
    const woken = await sql.rows<{ id: number; job: string; failures: number; sortDate: string }>(
      `UPDATE crvs_bridge.events SET state = 'waiting', due_at = NULL, job = gen_random_uuid()
       WHERE id = ANY(ARRAY(SELECT id FROM crvs_bridge.events WHERE state = 'deferred' AND (due_at <= $1 OR due_at > $2)
                            ORDER BY due_at LIMIT ${DUE_LIMIT} FOR UPDATE SKIP LOCKED))
       RETURNING id, job, failures, sort_date AS "sortDate"`,
      [now, now + LONGEST_DEFERRAL_MS],
      'claim-due',
    );
    woken.sort((a, b) => a.id - b.id);
    await this.#queue.add(
      sql,
      woken.map(({ id, job, failures, sortDate }) => ({
        id: job,
        event: id,
        lane: laneOf(failures),
        sortDate,
      })),
    );
  }

  async #take(sql: Sql, owner: string, limit: number, now: number, lane: Lane) {
    let most = limit;
    for (;;) {
      await sql.rows('SAVEPOINT take');
      const jobs = await this.#queue.take(sql, lane, most);
      const rows = await this.#rowsOf(sql, jobs);
      // Somebody may have restored or deleted rows by hand: a job without its event would never be settled.
      const known = new Set(rows.map(({ job }) => job));
      const strays = jobs.filter(({ id }) => !known.has(id));
      await this.#queue.remove(
        sql,
        strays.map(({ id }) => ({ id, lane })),
      );
      const fitting = fittingCount(rows);
      if (strays.length > 0 && rows.length === 0) continue;
      if (fitting === rows.length) return this.#begin(sql, owner, now, rows);
      // Too much for one claim: as if it had never been taken.
      await sql.rows('ROLLBACK TO SAVEPOINT take');
      most = Math.min(fitting, most - 1);
    }
  }

  async #rowsOf(sql: Sql, jobs: { id: string; event: number }[]): Promise<ClaimRow[]> {
    if (jobs.length === 0) return [];
    return sql.rows<ClaimRow>(
      `SELECT e.id, e.message AS "messageInboxId", m.correlation_id AS "correlationId", m.sender_id AS "senderId",
              m.message_id AS "messageId", e.type, e.date, e.identifiers, e.position, e.received_at AS "receivedAt", e.reference, e.attempts,
              e.failures, e.odoo_event_id AS "odooEventId", e.adopted, e.person_id AS "personId", e.correction,
              e.job, m.size
       FROM unnest($1::bigint[], $2::uuid[]) AS taken (event, job)
       JOIN crvs_bridge.events e ON e.id = taken.event AND e.job = taken.job AND e.state = 'waiting'
       JOIN crvs_bridge.messages m ON m.id = e.message
       ORDER BY e.sort_date, e.id`,
      [jobs.map(({ event }) => event), jobs.map(({ id }) => id)],
      'claim-rows',
    );
  }

  async #begin(sql: Sql, owner: string, now: number, rows: ClaimRow[]) {
    if (rows.length === 0) return [];
    await sql.rows(
      `WITH claimed AS (
         UPDATE crvs_bridge.events SET state = 'delivering', owner = $2 WHERE id = ANY($1::bigint[]) RETURNING id
       )
       INSERT INTO crvs_bridge.attempts (event, started_at) SELECT id, $3 FROM claimed`,
      [rows.map(({ id }) => id), owner, now],
      'claim-begin',
    );
    const bodies = new Map(
      (
        await sql.rows<{ id: number; body: string }>(
          'SELECT id, body FROM crvs_bridge.messages WHERE id = ANY($1::bigint[])',
          [[...new Set(rows.map(({ messageInboxId }) => messageInboxId))]],
          'claim-bodies',
        )
      ).map(({ id, body }) => [id, told(body)]),
    );
    return rows.map((row) => ({ row, body: bodies.get(row.messageInboxId) ?? '' }));
  }

  /** What an earlier claim took, and committed, although it seemed to fail: nobody works on it. */
  async #giveBackUnknown(sql: Sql, owner: string, now: number): Promise<void> {
    const rows = await sql.rows<GivenBack>(
      `${GIVEN_BACK_QUERY} AND owner = $1 AND id <> ALL($2::bigint[]) ORDER BY id FOR UPDATE`,
      [owner, [...this.#inHand.keys()]],
    );
    await giveBack(sql, this.#queue, rows, now, now);
  }

  /** @returns the messages that have no unsettled event left, and whether events wait again */
  async settle(
    settlements: readonly Settlement[],
    now: number,
    calls: string | null,
  ): Promise<{ settled: SettledMessage[]; waiting: boolean }> {
    const owner = this.#replica.id;
    const ours = settlements.flatMap((settlement) => {
      const claim = this.#inHand.get(settlement.id);
      return claim ? [{ settlement, ...claim }] : [];
    });
    if (owner === null || ours.length === 0) return { settled: [], waiting: false };
    const done = await this.#database.transaction((sql) => this.#settle(sql, owner, ours, now, calls));
    for (const { settlement, job } of ours) {
      if (this.#inHand.get(settlement.id)?.job === job) this.#inHand.delete(settlement.id);
    }
    return done;
  }

  async #settle(
    sql: Sql,
    owner: string,
    ours: Settling[],
    now: number,
    calls: string | null,
  ): Promise<{ settled: SettledMessage[]; waiting: boolean }> {
    const rows = ours.map((one) => settlementRow(one, now));
    const changed = new Map(
      (
        await sql.rows<{ id: number; message: number; sortDate: string }>(
          SETTLE,
          [JSON.stringify(rows), owner, now, calls],
          'settle',
        )
      ).map((row) => [row.id, row]),
    );
    const done = rows.filter(({ id }) => changed.has(id));
    // Who waits again in the same lane keeps its job, and with it its place among the events of its day.
    const again = done.filter(({ job, next }) => next === job);
    await this.#queue.giveBack(sql, again.map(asJob));
    await this.#queue.remove(sql, done.filter(({ job, next }) => next !== job).map(asJob));
    const moved = done.flatMap(({ id, job, next, failures }) =>
      next === null || next === job
        ? []
        : [{ id: next, event: id, lane: laneOf(failures), sortDate: changed.get(id)?.sortDate ?? '' }],
    );
    await this.#queue.add(sql, moved);
    const touched = new Set(
      done.filter(({ state }) => state === 'settled').map(({ id }) => changed.get(id)?.message ?? 0),
    );
    return {
      settled: await closeMessages(sql, [...touched], now),
      waiting: again.length + moved.length > 0,
    };
  }
}

// An event that was taken away by now has no owner, or another one.
const SETTLE = `
  WITH told AS (
    SELECT * FROM json_to_recordset($1::json) AS told (id bigint, job uuid, next uuid, state text, "dueAt" bigint,
      outcome text, "odooEventId" bigint, "errorMessage" text, notes text, "settledAt" bigint, "matchAt" bigint,
      failures integer, attempts integer, reason text, ended text)
  ), changed AS (
    UPDATE crvs_bridge.events e SET
      state = told.state, job = told.next, owner = NULL, due_at = told."dueAt", outcome = told.outcome,
      odoo_event_id = told."odooEventId", error_message = told."errorMessage", notes = told.notes,
      settled_at = told."settledAt", match_at = told."matchAt", failures = told.failures,
      attempts = e.attempts + told.attempts, reason = told.reason
    FROM told
    WHERE e.id = told.id AND e.job = told.job AND e.state = 'delivering' AND e.owner = $2
    RETURNING e.id, e.message, e.sort_date AS "sortDate", told.ended
  ), ended AS (
    UPDATE crvs_bridge.attempts a SET ended_at = $3, outcome = changed.ended, calls = $4::text
    FROM changed WHERE a.event = changed.id AND a.ended_at IS NULL
  )
  SELECT id, message, "sortDate" FROM changed`;

interface Settling extends HeldEvent {
  settlement: Settlement;
  job: string;
}

interface SettlementRow extends EventChange {
  job: string;
  /** The job that it waits by now: the same one in the same lane. */
  next: string | null;
  /** The lane it was taken from. */
  lane: Lane;
}

function settlementRow({ settlement, job, ...held }: Settling, now: number): SettlementRow {
  const change = changeOf(settlement, held, now);
  const lane = laneOf(held.failures);
  const next = change.state === 'waiting' ? (laneOf(change.failures) === lane ? job : randomUUID()) : null;
  return {
    ...change,
    errorMessage: stored(change.errorMessage),
    notes: stored(change.notes),
    job,
    next,
    lane,
  };
}

function asJob({ job, lane }: SettlementRow): { id: string; lane: Lane } {
  return { id: job, lane };
}

/** Marks those messages as settled that have no other event left. */
async function closeMessages(sql: Sql, inboxIds: number[], now: number): Promise<SettledMessage[]> {
  if (inboxIds.length === 0) return [];
  // Two replicas that settle the last two events of a message: each must see what the other did.
  await sql.rows(
    'SELECT 1 FROM crvs_bridge.messages WHERE id = ANY($1::bigint[]) ORDER BY id FOR NO KEY UPDATE',
    [inboxIds],
    'settle-lock',
  );
  const closed = await sql.rows<{ id: number }>(
    `UPDATE crvs_bridge.messages m SET settled_at = $2 WHERE id = ANY($1::bigint[])
       AND NOT EXISTS (SELECT 1 FROM crvs_bridge.events WHERE message = m.id AND state <> 'settled')
     RETURNING id`,
    [inboxIds, now],
    'settle-messages',
  );
  const statuses = await statusesOf(
    sql,
    closed.map(({ id }) => id),
  );
  return [...statuses].map(([inboxId, events]) => ({ inboxId, events }));
}

/** How many of the events, from the first, have bodies that one claim may take; at least one. */
function fittingCount(rows: readonly ClaimRow[]): number {
  const messages = new Set<number>();
  let size = 0;
  for (const [position, row] of rows.entries()) {
    if (messages.has(row.messageInboxId)) continue;
    messages.add(row.messageInboxId);
    size += row.size;
    if (size > CLAIMED_BODIES_LIMIT && position > 0) return position;
  }
  return rows.length;
}
