import { type ClaimRow, claimedOf, fittingCount, isLost, MESSAGE_LOST } from '../claimed-event.ts';
import {
  ALONE_FROM,
  type ClaimedEvent,
  type ClaimQueue,
  LONGEST_DEFERRAL_MS,
  type Settlement,
} from '../event-queue.ts';
import type { EventState, EventStatus } from '../event-status.ts';
import { changeOf, type EventChange, type HeldEvent } from '../settlement.ts';
import { InboxUnavailableError } from '../unavailable.ts';
import type { Database, Sql } from './database.ts';
import { GIVEN_BACK_QUERY, giveBack } from './give-back.ts';
import type { Replica } from './lease.ts';
import { statusesOf } from './messages.ts';
import { restored, stored } from './text.ts';

/** Deferred events that one commit lets wait again: so many take well below a second. */
const DUE_LIMIT = 5000;

/** A message whose last event was settled by a commit. */
export interface SettledMessage {
  inboxId: number;
  events: EventStatus[];
}

/** Events that were taken, and the bodies of their messages by the message's id. */
interface Taken {
  rows: ClaimRow[];
  bodies: Map<number, string>;
}

/** What this process has in hand, and how it takes and settles it. */
export class Claims {
  readonly #database: Database;
  readonly #replica: Replica;
  /** The events in hand, as they were when they were taken; each claim makes an object of its own. */
  readonly #inHand = new Map<number, HeldEvent>();
  /** Claims of one process follow each other, so that what is in hand is known whenever one begins. */
  #last: Promise<unknown> = Promise.resolve();
  /** Whether a claim may have been committed without this process knowing. */
  #inDoubt = false;

  constructor(database: Database, replica: Replica) {
    this.#database = database;
    this.#replica = replica;
  }

  /** Nothing is in hand any more: another replica may have it. */
  forget(): void {
    this.#inHand.clear();
  }

  claim(limit: number, now: number, queue: ClaimQueue): Promise<ClaimedEvent[]> {
    const claimed = this.#last.then(() => this.#claim(limit, now, queue));
    this.#last = claimed.catch(() => {});
    return claimed;
  }

  async #claim(limit: number, now: number, queue: ClaimQueue): Promise<ClaimedEvent[]> {
    const owner = this.#replica.id;
    if (owner === null) throw new InboxUnavailableError('this process does not serve the inbox now');
    try {
      let taken: Taken | null = null;
      while (taken === null) {
        taken = await this.#database.transaction(async (sql) => {
          // The server may still be at the claim that got no answer: until it is over nobody knows what it took.
          await this.#replica.assertAlive(sql, owner, this.#inDoubt);
          if (this.#inDoubt) await this.#giveBackUnknown(sql, owner, now);
          // Those that are due go by their dates like all others: none is taken before all of them wait.
          if ((await wakeDue(sql, now)) === DUE_LIMIT) return null;
          const found = await next(sql, limit, queue);
          return begin(sql, owner, now, found.slice(0, fittingCount(found)));
        });
      }
      const { rows, bodies } = taken;
      this.#inDoubt = false;
      // Where the lease ended meanwhile, the first bridge that comes gives the rows back.
      if (this.#replica.id !== owner) throw new InboxUnavailableError('the lease on the inbox ended');
      for (const { id, failures, odooEventId } of rows) this.#inHand.set(id, { failures, odooEventId });
      return rows.map((row) => {
        const event = claimedOf(row);
        return {
          ...event,
          senderId: restored(event.senderId),
          messageId: restored(event.messageId),
          date: restored(event.date),
          body: bodies.get(event.messageInboxId) ?? '',
        };
      });
    } catch (error) {
      this.#inDoubt = true;
      throw error;
    }
  }

  /** What an earlier claim took, and committed, although it seemed to fail: nobody works on it. */
  async #giveBackUnknown(sql: Sql, owner: string, now: number): Promise<void> {
    const rows = await sql.rows<{ id: number }>(
      `${GIVEN_BACK_QUERY} AND owner = $1 AND id <> ALL($2::bigint[]) ORDER BY id FOR UPDATE`,
      [owner, [...this.#inHand.keys()]],
    );
    await giveBack(sql, rows, now, now);
  }

  /** @returns the messages that have no unsettled event left, and whether events wait again */
  async settle(
    settlements: readonly Settlement[],
    now: number,
    calls: string | null,
  ): Promise<{ settled: SettledMessage[]; waiting: boolean }> {
    const owner = this.#replica.id;
    const ours = settlements.flatMap((settlement) => {
      const held = this.#inHand.get(settlement.id);
      return held ? [{ held, change: changeOf(settlement, held, now) }] : [];
    });
    if (owner === null || ours.length === 0) return { settled: [], waiting: false };
    const done = await this.#database.transaction((sql) =>
      settleAll(
        sql,
        owner,
        ours.map(({ change }) => change),
        now,
        calls,
      ),
    );
    for (const { held, change } of ours) {
      if (this.#inHand.get(change.id) === held) this.#inHand.delete(change.id);
    }
    return done;
  }
}

/** Lets deferred events wait again whose time has come. @returns how many; where `DUE_LIMIT`, there may be more */
async function wakeDue(sql: Sql, now: number): Promise<number> {
  const woken = await sql.rows(
    `UPDATE crvs_bridge.events SET state = 'waiting', due_at = NULL
     WHERE id = ANY(ARRAY(SELECT id FROM crvs_bridge.events WHERE state = 'deferred' AND (due_at <= $1 OR due_at > $2)
                          ORDER BY due_at LIMIT ${DUE_LIMIT} FOR UPDATE SKIP LOCKED))
     RETURNING 1`,
    [now, now + LONGEST_DEFERRAL_MS],
    'claim-due',
  );
  return woken.length;
}

/** Which events wait in a queue: as the condition of its index, so that the planner sees that it holds them all. */
const IN_QUEUE: Readonly<Record<ClaimQueue, string>> = {
  common: `state = 'waiting' AND failures < ${ALONE_FROM}`,
  alone: `state = 'waiting' AND failures >= ${ALONE_FROM}`,
};

/**
 * What is next, in the order of the index. The limit is part of the text: with a parameter the planner would not know
 * that it is small. Nothing else is joined where rows are locked, so that only they are.
 */
export function nextQuery(limit: number, queue: ClaimQueue): string {
  return `
    SELECT id FROM crvs_bridge.events WHERE ${IN_QUEUE[queue]} ORDER BY sort_date, id LIMIT ${Math.trunc(limit)}
    FOR UPDATE SKIP LOCKED`;
}

/**
 * Where many events came before the server counted them, its planner thinks that few wait: it would read and sort all of
 * them for each claim. In the order of the index there is nothing to sort.
 */
export const IN_ORDER = 'SET LOCAL enable_sort = off';

/** Locks what is next; what another replica is taking at this moment is left to it. */
async function next(sql: Sql, limit: number, queue: ClaimQueue): Promise<ClaimRow[]> {
  for (;;) {
    const found = await sql.rows<ClaimRow & { size: number | null }>(
      `${IN_ORDER};
       WITH next AS MATERIALIZED (${nextQuery(limit, queue)})
       SELECT e.id, e.message AS "messageInboxId", m.correlation_id AS "correlationId", m.sender_id AS "senderId",
              m.message_id AS "messageId", e.type, e.date, e.identifiers, e.position, e.received_at AS "receivedAt", e.reference, e.attempts,
              e.failures, e.odoo_event_id AS "odooEventId", e.adopted, e.person_id AS "personId", e.correction, m.size
       FROM next JOIN crvs_bridge.events e ON e.id = next.id LEFT JOIN crvs_bridge.messages m ON m.id = e.message
       ORDER BY e.sort_date, e.id`,
    );
    const lost = found.filter(isLost).map(({ id }) => id);
    if (lost.length === 0) return found;
    await sql.rows(
      `UPDATE crvs_bridge.events SET state = 'dead', reason = '${MESSAGE_LOST}' WHERE id = ANY($1::bigint[])`,
      [lost],
    );
    if (lost.length < found.length) return found.filter((row) => !isLost(row));
  }
}

/** Puts events into this replica's hands, and reads their messages. */
async function begin(sql: Sql, owner: string, now: number, rows: ClaimRow[]): Promise<Taken> {
  if (rows.length === 0) return { rows, bodies: new Map() };
  const messages = await sql.rows<{ id: number; body: string }>(
    `WITH claimed AS (
       UPDATE crvs_bridge.events SET state = 'delivering', owner = $2 WHERE id = ANY($1::bigint[]) RETURNING id
     ), attempt AS (
       INSERT INTO crvs_bridge.attempts (event, started_at) SELECT id, $3 FROM claimed ORDER BY id
     )
     SELECT id, body FROM crvs_bridge.messages WHERE id = ANY($4::bigint[])`,
    [rows.map(({ id }) => id), owner, now, [...new Set(rows.map(({ messageInboxId }) => messageInboxId))]],
    'claim-begin',
  );
  return { rows, bodies: new Map(messages.map(({ id, body }) => [id, restored(body)])) };
}

// An event that was taken away by now has no owner, or another one.
const SETTLE = `
  WITH made AS (
    SELECT * FROM json_to_recordset($1::json) AS made (id bigint, state text, "dueAt" bigint, outcome text,
      "odooEventId" bigint, "errorMessage" text, notes text, "settledAt" bigint, "matchAt" bigint, failures integer,
      attempts integer, reason text, ended text)
  ), changed AS (
    UPDATE crvs_bridge.events e SET
      state = made.state, owner = NULL, due_at = made."dueAt", outcome = made.outcome,
      odoo_event_id = made."odooEventId", error_message = made."errorMessage", notes = made.notes,
      settled_at = made."settledAt", match_at = made."matchAt", failures = made.failures,
      attempts = e.attempts + made.attempts, reason = made.reason
    FROM made
    WHERE e.id = made.id AND e.state = 'delivering' AND e.owner = $2
    RETURNING e.id, e.message, e.state, made.ended
  ), ended AS (
    UPDATE crvs_bridge.attempts a SET ended_at = $3, outcome = changed.ended, calls = $4::text
    FROM changed WHERE a.event = changed.id AND a.ended_at IS NULL
  )
  SELECT message, state FROM changed`;

async function settleAll(
  sql: Sql,
  owner: string,
  changes: readonly EventChange[],
  now: number,
  calls: string | null,
): Promise<{ settled: SettledMessage[]; waiting: boolean }> {
  const values = changes.map((change) => ({
    ...change,
    errorMessage: stored(change.errorMessage),
    notes: stored(change.notes),
  }));
  const changed = await sql.rows<{ message: number; state: EventState }>(
    SETTLE,
    [JSON.stringify(values), owner, now, calls],
    'settle',
  );
  const touched = new Set(changed.filter(({ state }) => state === 'settled').map(({ message }) => message));
  return {
    settled: await closeMessages(sql, [...touched], now),
    waiting: changed.some(({ state }) => state === 'waiting'),
  };
}

/** Marks those messages as settled that have no other event left. */
export async function closeMessages(
  sql: Sql,
  inboxIds: readonly number[],
  now: number,
): Promise<SettledMessage[]> {
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
