import { callsText } from '../attempt-calls.ts';
import {
  AS_NEW,
  ASIDE,
  type EventAction,
  FORGOTTEN_ROW,
  MAY_CHANGE,
  type SeenEvent,
  seenColumns,
  WITHDRAWN,
} from '../event-actions.ts';
import type { EventQueue, UnmatchedEvent } from '../event-queue.ts';
import { keptIdentifiers } from '../kept-identifiers.ts';
import type { SettledWaiters } from '../settled-waiters.ts';
import type { WaitingCallbacks } from '../waiting-callbacks.ts';
import { type Claims, closeMessages } from './claims.ts';
import type { Database, Sql } from './database.ts';
import { restored } from './text.ts';

/** See `EventQueue`. */
export function eventQueue(
  database: Database,
  claims: Claims,
  waiters: SettledWaiters,
  waiting: WaitingCallbacks,
): EventQueue {
  return {
    claim: (limit, now, queue = 'common') => claims.claim(limit, now, queue),

    async settle(settlements, now, calls = []) {
      const done = await claims.settle(settlements, now, callsText(calls));
      for (const { inboxId, events } of done.settled) waiters.tell(inboxId, events);
      if (done.waiting) waiting.announce();
    },

    onWaiting: (callback) => waiting.on(callback),

    async nextDueAt(): Promise<number | null> {
      const [row] = await database.rows<{ due: number | null }>(
        "SELECT min(due_at) AS due FROM crvs_bridge.events WHERE state = 'deferred'",
      );
      return row?.due ?? null;
    },

    async retry(events) {
      const found = await act(database, 'retry', events, AS_NEW);
      if (found.length > 0) waiting.announce();
      return found;
    },

    setAside: (events) => act(database, 'set_aside', events, ASIDE),

    async withdraw(ids: readonly number[], now: number): Promise<number[]> {
      if (ids.length === 0) return [];
      const which = "state IN ('waiting', 'deferred') AND attempts = 0 AND odoo_event_id IS NULL";
      const { found, settled } = await database.transaction(async (sql) => {
        await lock(sql, ids, which);
        const rows = await sql.rows<{ id: number; message: number }>(
          `UPDATE crvs_bridge.events SET state = 'settled', outcome = 'processed', settled_at = $2, due_at = NULL,
                  reason = '${WITHDRAWN}'
           WHERE id = ANY($1::bigint[]) AND ${which} RETURNING id, message`,
          [ids, now],
        );
        const messages = [...new Set(rows.map(({ message }) => message))];
        return { found: new Set(rows.map(({ id }) => id)), settled: await closeMessages(sql, messages, now) };
      });
      for (const { inboxId, events } of settled) waiters.tell(inboxId, events);
      return [...new Set(ids)].filter((id) => found.has(id));
    },

    async forgetRows(limit: number): Promise<number> {
      const which = "odoo_event_id IS NOT NULL AND state <> 'delivering'";
      const rows = await database.rows(
        `UPDATE crvs_bridge.events SET ${FORGOTTEN_ROW}
         WHERE id = ANY(ARRAY(SELECT id FROM crvs_bridge.events WHERE ${which} ORDER BY id LIMIT $1 FOR UPDATE))
         RETURNING id`,
        [limit],
      );
      return rows.length;
    },

    async dueMatches(limit: number, now: number): Promise<UnmatchedEvent[]> {
      const rows = await database.rows<Omit<UnmatchedEvent, 'identifiers'> & { identifiers: string }>(
        `SELECT id, type, date, identifiers, reason, settled_at AS "settledAt" FROM crvs_bridge.events
         WHERE match_at <= $1 ORDER BY match_at, id LIMIT $2`,
        [now, limit],
      );
      return rows.map((row) => ({
        ...row,
        date: restored(row.date),
        identifiers: keptIdentifiers(row.identifiers) ?? [],
      }));
    },

    async matchAgain(times: readonly { id: number; at: number | null }[]): Promise<void> {
      if (times.length === 0) return;
      await database.transaction(async (sql) => {
        await lock(
          sql,
          times.map(({ id }) => id),
          "outcome = 'error'",
        );
        await sql.rows(
          `UPDATE crvs_bridge.events e SET match_at = given.at
           FROM json_to_recordset($1::json) AS given (id bigint, at bigint)
           WHERE e.id = given.id AND e.outcome = 'error'`,
          [JSON.stringify(times)],
        );
      });
    },
  };
}

/** Changes those events that are as they were seen; gives their ids. @param values what they get */
async function act(
  database: Database,
  action: EventAction,
  events: readonly (number | SeenEvent)[],
  values: string,
): Promise<number[]> {
  if (events.length === 0) return [];
  const seen = events.map(seenColumns);
  const ids = [...new Set(seen.map(({ id }) => id))];
  const found = await database.transaction(async (sql) => {
    await lock(sql, ids, MAY_CHANGE[action]);
    const rows = await sql.rows<{ id: number; message: number }>(
      `UPDATE crvs_bridge.events e SET ${values}
       FROM (SELECT s.id AS seen, s.state AS seen_state, s.outcome AS seen_outcome, s.reason AS seen_reason
             FROM json_to_recordset($1::json) AS s (id bigint, state text, outcome text, reason text)) given
       WHERE e.id = seen AND ${MAY_CHANGE[action]} AND (seen_state IS NULL OR state = seen_state)
         AND (seen_outcome IS NULL OR outcome = seen_outcome)
         AND (seen_reason IS NULL OR coalesce(reason, '') = seen_reason)
       RETURNING e.id, e.message`,
      [JSON.stringify(seen)],
    );
    await reopen(
      sql,
      rows.map(({ message }) => message),
    );
    return new Set(rows.map(({ id }) => id));
  });
  return ids.filter((id) => found.has(id));
}

/** Locks events in one order everywhere, so that two that change the same wait for each other in one direction. */
async function lock(sql: Sql, ids: readonly number[], which: string): Promise<void> {
  await sql.rows(
    `SELECT 1 FROM crvs_bridge.events WHERE id = ANY($1::bigint[]) AND ${which} ORDER BY id FOR UPDATE`,
    [ids],
  );
}

/** Their messages are settled no longer. */
async function reopen(sql: Sql, inboxIds: readonly number[]): Promise<void> {
  if (inboxIds.length === 0) return;
  await sql.rows(
    `UPDATE crvs_bridge.messages SET settled_at = NULL
     WHERE id = ANY(ARRAY(SELECT id FROM crvs_bridge.messages WHERE id = ANY($1::bigint[]) ORDER BY id
                          FOR NO KEY UPDATE))`,
    [inboxIds],
  );
}
