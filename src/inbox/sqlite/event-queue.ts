import type { Identifier } from '../../events/vital-event.ts';
import { type AttemptCall, callsText } from '../attempt-calls.ts';
import { type ClaimRow, claimedOf, fittingCount } from '../claimed-event.ts';
import { MAY_CHANGE, REASON_ASIDE, WITHDRAWN } from '../event-actions.ts';
import {
  ALONE_FROM,
  type ClaimedEvent,
  type ClaimQueue,
  LONGEST_DEFERRAL_MS,
  type Settlement,
  type UnmatchedEvent,
} from '../event-queue.ts';
import type { EventStatus } from '../event-status.ts';
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

/** Which events wait in a queue: as the condition of its index, so that SQLite sees that it holds them all. */
const IN_QUEUE: Readonly<Record<ClaimQueue, string>> = {
  common: `e.failures < ${ALONE_FROM} AND e.indexed = 1`,
  alone: `e.failures >= ${ALONE_FROM}`,
};

/** See `EventQueue`. */
export function eventQueue(sql: Sql, indexing: Indexing) {
  const retry = (ids: readonly number[]): number[] => {
    return sql.transaction(() => {
      const found: number[] = [];
      for (const id of ids) {
        const row = sql.get<{ message: number }>(
          `UPDATE events SET state = 'waiting', outcome = NULL, settled_at = NULL, error_message = NULL, notes = NULL,
                    due_at = NULL, match_at = NULL, failures = 0, reason = NULL
             WHERE id = ? AND ${MAY_CHANGE.retry} RETURNING message`,
          id,
        );
        if (!row) continue;
        sql.run('UPDATE messages SET settled_at = NULL WHERE id = ?', row.message);
        found.push(id);
      }
      return found;
    });
  };

  return {
    retry,

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
        const found = sql.all<ClaimRow>(
          `SELECT e.id, e.message AS messageInboxId, m.correlation_id AS correlationId, m.sender_id AS senderId,
                  m.message_id AS messageId, e.type, e.date, e.identifiers, e.position, e.received_at AS receivedAt,
                  e.reference, e.attempts, e.failures, e.odoo_event_id AS odooEventId, e.adopted,
                  e.person_id AS personId, e.correction, length(m.body) AS size
           FROM events e JOIN messages m ON m.id = e.message
           WHERE e.state = 'waiting' AND ${IN_QUEUE[queue]} ORDER BY e.sort_date, e.id LIMIT ?`,
          limit,
        );
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

    setAside(ids: number[]): number[] {
      return sql.transaction(() => {
        const found: number[] = [];
        for (const id of ids) {
          const row = sql.get<{ message: number }>(
            `UPDATE events SET state = 'dead', outcome = NULL, settled_at = NULL, due_at = NULL, match_at = NULL,
                    reason = ${REASON_ASIDE}
             WHERE id = ? AND ${MAY_CHANGE.set_aside} RETURNING message`,
            id,
          );
          if (!row) continue;
          sql.run('UPDATE messages SET settled_at = NULL WHERE id = ?', row.message);
          found.push(id);
        }
        return found;
      });
    },

    dueMatches(limit: number, now: number): UnmatchedEvent[] {
      return sql
        .all<Omit<UnmatchedEvent, 'identifiers'> & { identifiers: string }>(
          `SELECT id, type, date, identifiers, settled_at AS settledAt FROM events
         WHERE match_at <= ? ORDER BY match_at, id LIMIT ?`,
          now,
          limit,
        )
        .map((row) => ({ ...row, identifiers: JSON.parse(row.identifiers) as Identifier[] }));
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
