import { type AttemptCall, callsText } from '../attempt-calls.ts';
import { type ClaimRow, claimedOf, fittingCount, isLost, MESSAGE_LOST } from '../claimed-event.ts';
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
import {
  ALONE_FROM,
  type ClaimedEvent,
  type ClaimQueue,
  LONGEST_DEFERRAL_MS,
  type Settlement,
  type UnmatchedEvent,
} from '../event-queue.ts';
import type { EventStatus } from '../event-status.ts';
import { keptIdentifiers } from '../kept-identifiers.ts';
import { changeOf, type EventChange, type HeldEvent, INTERRUPTED } from '../settlement.ts';
import type { Sql } from './connection.ts';
import type { Indexing } from './indexing.ts';
import { statusOf } from './messages.ts';

/** Claimed events, and the bodies of their messages, each once: a message may have thousands of events. */
export interface Claim {
  events: Omit<ClaimedEvent, 'body'>[];
  /** By the message's id. */
  bodies: Map<number, string>;
}

/** A message whose last event was settled by a commit. */
export interface SettledMessage {
  inboxId: number;
  events: EventStatus[];
}

/**
 * The ids of what is next in a queue. Each condition is that of an index, so that SQLite sees that it holds them all. What
 * is not indexed yet is looked at one by one: mostly nothing, and all that came since, where indexing fails.
 */
const NEXT: Readonly<Record<ClaimQueue, string>> = {
  common: `
    SELECT * FROM (SELECT id, sort_date FROM events WHERE state = 'waiting' AND failures < ${ALONE_FROM} AND indexed = 1
                   ORDER BY sort_date, id LIMIT ?1)
    UNION ALL
    SELECT * FROM (SELECT id, sort_date FROM events INDEXED BY events_message
                   WHERE message > (SELECT up_to FROM indexed) AND indexed = 0 AND state = 'waiting'
                     AND failures < ${ALONE_FROM} ORDER BY sort_date, id LIMIT ?1)`,
  alone: `SELECT id, sort_date FROM events WHERE state = 'waiting' AND failures >= ${ALONE_FROM}
          ORDER BY sort_date, id LIMIT ?1`,
};

/** What is next, in its order. What nothing can be delivered of is put aside. */
function nextOf(sql: Sql, limit: number, queue: ClaimQueue): ClaimRow[] {
  for (;;) {
    const found = sql.all<ClaimRow>(
      `SELECT e.id, e.message AS messageInboxId, m.correlation_id AS correlationId, m.sender_id AS senderId,
              m.message_id AS messageId, e.type, e.date, e.identifiers, e.position, e.received_at AS receivedAt,
              e.reference, e.attempts, e.failures, e.odoo_event_id AS odooEventId, e.adopted,
              e.person_id AS personId, e.correction, length(m.body) AS size
       FROM (${NEXT[queue]}) next JOIN events e ON e.id = next.id JOIN messages m ON m.id = e.message
       ORDER BY next.sort_date, next.id LIMIT ?1`,
      limit,
    );
    const lost = found.filter(isLost);
    for (const { id } of lost)
      sql.run("UPDATE events SET state = 'dead', reason = ? WHERE id = ?", MESSAGE_LOST, id);
    if (lost.length === 0 || lost.length < found.length) return found.filter((row) => !isLost(row));
  }
}

/** See `EventQueue`. */
export function eventQueue(sql: Sql, indexing: Indexing) {
  /** Changes those events that are as they were seen; gives their ids. @param values what they get */
  const act = (action: EventAction, events: readonly (number | SeenEvent)[], values: string): number[] =>
    sql.transaction(() =>
      events.map(seenColumns).flatMap(({ id, state, outcome, reason }) => {
        const row = sql.get<{ message: number }>(
          `UPDATE events SET ${values}
           WHERE id = ?1 AND ${MAY_CHANGE[action]} AND (?2 IS NULL OR state = ?2) AND (?3 IS NULL OR outcome = ?3)
             AND (?4 IS NULL OR coalesce(reason, '') = ?4)
           RETURNING message`,
          id,
          state,
          outcome,
          reason,
        );
        if (!row) return [];
        sql.run('UPDATE messages SET settled_at = NULL WHERE id = ?', row.message);
        return [id];
      }),
    );

  return {
    retry: (events: readonly (number | SeenEvent)[]): number[] => act('retry', events, AS_NEW),
    setAside: (events: readonly (number | SeenEvent)[]): number[] => act('set_aside', events, ASIDE),

    /** Gives back what was in hand when the last process ended. */
    recover(now: number, graceMs: number): void {
      sql.transaction(() => {
        sql.run(`UPDATE attempts SET ended_at = ?, outcome = '${INTERRUPTED}' WHERE ended_at IS NULL`, now);
        // Whether an event brought the process down is not known; one that saw it again and again goes alone.
        sql.run(
          `UPDATE events SET state = 'deferred', due_at = ?, reason = '${INTERRUPTED}',
                  failures = min(failures + 1, max(failures, ?))
           WHERE state = 'delivering'`,
          now + graceMs,
          ALONE_FROM,
        );
      });
    },

    /**
     * When the last event is due again whose delivery Odoo or the end of a process cut off; milliseconds since the epoch.
     * Null where there is none.
     */
    cutOffUntil(): number | null {
      const row = sql.get<{ dueAt: number | null }>(
        `SELECT max(due_at) AS dueAt FROM events
         WHERE state = 'deferred' AND (reason IN ('${INTERRUPTED}', 'bridge.stopped') OR reason LIKE 'odoo.%')`,
      );
      return row?.dueAt ?? null;
    },

    claim(limit: number, now: number, queue: ClaimQueue = 'common'): Claim {
      indexing.indexAll();
      return sql.transaction(() => {
        sql.run(
          "UPDATE events SET state = 'waiting', due_at = NULL WHERE state = 'deferred' AND (due_at <= ? OR due_at > ?)",
          now,
          now + LONGEST_DEFERRAL_MS,
        );
        const found = nextOf(sql, limit, queue);
        const rows = found.slice(0, fittingCount(found));
        const bodies = new Map<number, string>();
        for (const { id, messageInboxId } of rows) {
          sql.run("UPDATE events SET state = 'delivering' WHERE id = ?", id);
          sql.run('INSERT INTO attempts (event, started_at) VALUES (?, ?)', id, now);
          if (bodies.has(messageInboxId)) continue;
          const message = sql.get<{ body: string }>('SELECT body FROM messages WHERE id = ?', messageInboxId);
          bodies.set(messageInboxId, message?.body ?? '');
        }
        return { events: rows.map(claimedOf), bodies };
      });
    },

    /** @returns the messages that have no unsettled event left. */
    settle(settlements: Settlement[], now: number, calls: readonly AttemptCall[] = []): SettledMessage[] {
      const made = callsText(calls);
      return sql.transaction(() => {
        const touched = new Set<number>();
        for (const settlement of settlements) {
          const held = sql.get<HeldEvent & { message: number }>(
            `SELECT message, failures, odoo_event_id AS odooEventId FROM events WHERE id = ? AND state = 'delivering'`,
            settlement.id,
          );
          if (!held) continue;
          change(sql, changeOf(settlement, held, now), now, made);
          if (settlement.kind === 'settled') touched.add(held.message);
        }
        return closeMessages(sql, touched, now);
      });
    },

    /** @returns the ids that it found, and the messages that have no unsettled event left. */
    withdraw(ids: number[], now: number): { found: number[]; settled: SettledMessage[] } {
      return sql.transaction(() => {
        const touched = new Set<number>();
        const found = ids.filter((id) => {
          const row = sql.get<{ message: number }>(
            `UPDATE events SET state = 'settled', outcome = 'processed', settled_at = ?, due_at = NULL,
                    reason = '${WITHDRAWN}'
             WHERE id = ? AND state IN ('waiting', 'deferred') AND attempts = 0 AND odoo_event_id IS NULL
             RETURNING message`,
            now,
            id,
          );
          if (row) touched.add(row.message);
          return row !== undefined;
        });
        return { found, settled: closeMessages(sql, touched, now) };
      });
    },

    nextDueAt(): number | null {
      const row = sql.get<{ due: number | null }>(
        "SELECT min(due_at) AS due FROM events WHERE state = 'deferred'",
      );
      return row?.due ?? null;
    },

    forgetRows(limit: number): number {
      const which = "odoo_event_id IS NOT NULL AND state <> 'delivering'";
      return sql.all(
        `UPDATE events SET ${FORGOTTEN_ROW} WHERE id IN (SELECT id FROM events WHERE ${which} LIMIT ?) RETURNING id`,
        limit,
      ).length;
    },

    dueMatches(limit: number, now: number): UnmatchedEvent[] {
      return sql
        .all<Omit<UnmatchedEvent, 'identifiers'> & { identifiers: string }>(
          `SELECT id, type, date, identifiers, reason, settled_at AS settledAt FROM events
         WHERE match_at <= ? ORDER BY match_at, id LIMIT ?`,
          now,
          limit,
        )
        .map((row) => ({ ...row, identifiers: keptIdentifiers(row.identifiers) ?? [] }));
    },

    matchAgain(times: readonly { id: number; at: number | null }[]): void {
      sql.transaction(() => {
        for (const { id, at } of times) {
          sql.run("UPDATE events SET match_at = ? WHERE id = ? AND outcome = 'error'", at, id);
        }
      });
    },
  };
}

/** Marks those messages as settled that have no other event left. */
function closeMessages(sql: Sql, inboxIds: ReadonlySet<number>, now: number): SettledMessage[] {
  return [...inboxIds].flatMap((inboxId) => {
    const done = sql.run(
      `UPDATE messages SET settled_at = ?
       WHERE id = ? AND NOT EXISTS (SELECT 1 FROM events WHERE message = ? AND state <> 'settled')`,
      now,
      inboxId,
      inboxId,
    );
    return done.changes ? [{ inboxId, events: statusOf(sql, inboxId) }] : [];
  });
}

function change(sql: Sql, change: EventChange, now: number, calls: string | null): void {
  sql.run(
    'UPDATE attempts SET ended_at = ?, outcome = ?, calls = ? WHERE event = ? AND ended_at IS NULL',
    now,
    change.ended,
    calls,
    change.id,
  );
  sql.run(
    `UPDATE events SET state = ?, due_at = ?, outcome = ?, odoo_event_id = ?, error_message = ?, notes = ?,
            settled_at = ?, match_at = ?, failures = ?, attempts = attempts + ?, reason = ?
     WHERE id = ?`,
    change.state,
    change.dueAt,
    change.outcome,
    change.odooEventId,
    change.errorMessage,
    change.notes,
    change.settledAt,
    change.matchAt,
    change.failures,
    change.attempts,
    change.reason,
    change.id,
  );
}
