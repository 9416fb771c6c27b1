import { placeOf } from '../../events/identity-event.ts';
import type { Identifier } from '../../events/vital-event.ts';
import { newCorrelationId } from '../correlation.ts';
import type { EventStatus } from '../event-status.ts';
import { identifierHashes } from '../identifier-hash.ts';
import type { NewMessage, Receipt } from '../messages.ts';
import { newReference } from '../reference.ts';
import { isCorrection, sortDateOf } from '../sort-date.ts';
import type { Sql } from './connection.ts';

/**
 * See `Messages`.
 *
 * @param assertKept throws where what is about to be committed would not be found again
 */
export function messages(sql: Sql, assertKept: () => void) {
  return {
    /** Commits messages together; gives their receipts in the same order. */
    acceptAll(messages: NewMessage[]): Receipt[] {
      return sql.transaction(() => {
        const receipts = messages.map((message) => accept(sql, message));
        const created = messages.filter((_, position) => receipts[position]?.kind === 'created');
        count(
          sql,
          created.flatMap(({ events }) => events),
        );
        // Also for repeats: they are acknowledged by what the file has.
        assertKept();
        return receipts;
      });
    },

    statusOf: (inboxId: number): EventStatus[] => statusOf(sql, inboxId),

    lastMessages(senderIds: readonly string[]): Map<string, number> {
      const found = new Map<string, number>();
      for (const sender of senderIds) {
        const row = sql.get<{ at: number }>(
          'SELECT received_at AS at FROM messages WHERE sender_id = ? ORDER BY id DESC LIMIT 1',
          sender,
        );
        if (row) found.set(sender, row.at);
      }
      return found;
    },

    /** Deletes up to `limit` messages settled before `before`: small commits, so that nobody waits long for one. */
    prune(before: number, limit: number): number {
      return sql.transaction(() => {
        const found = sql.all<{ id: number }>(
          'SELECT id FROM messages WHERE settled_at IS NOT NULL AND settled_at < ? LIMIT ?',
          before,
          limit,
        );
        for (const { id } of found) {
          const events = sql.all<{ id: number; identifiers: string }>(
            'SELECT id, identifiers FROM events WHERE message = ?',
            id,
          );
          for (const event of events) {
            for (const hash of identifierHashes(JSON.parse(event.identifiers) as Identifier[])) {
              sql.run('DELETE FROM identifiers WHERE hash = ? AND event = ?', hash, event.id);
            }
          }
          sql.run('DELETE FROM messages WHERE id = ?', id);
        }
        return found.length;
      });
    },
  };
}

function accept(sql: Sql, message: NewMessage): Receipt {
  const correlationId = message.correlationId ?? newCorrelationId(message.receivedAt);
  const { changes, lastInsertRowid } = sql.run(
    `INSERT INTO messages (sender_id, message_id, content_digest, correlation_id, action, dialect, kid, received_at,
                           settled_at, body)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (sender_id, message_id) DO NOTHING`,
    message.senderId,
    message.messageId,
    message.contentDigest,
    correlationId,
    message.action,
    message.dialect,
    message.kid,
    message.receivedAt,
    message.events.length === 0 ? message.receivedAt : null,
    message.body,
  );
  if (changes === 0) return repeated(sql, message);
  const inboxId = Number(lastInsertRowid);
  const events = message.events.map((event, position): EventStatus => {
    const { lastInsertRowid } = sql.run(
      `INSERT INTO events (message, position, type, date, identifiers, reference, sort_date, received_at, state,
                           odoo_event_id, adopted, person_id, correction)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'waiting', ?, ?, ?, ?)`,
      inboxId,
      placeOf(event, position),
      event.type,
      event.date,
      JSON.stringify(event.identifiers),
      newReference(event.type, message.receivedAt),
      sortDateOf(event, message.receivedAt),
      message.receivedAt,
      message.adopted?.odooEventId ?? null,
      message.adopted ? 1 : 0,
      message.adopted?.personId ?? null,
      isCorrection(event) ? 1 : 0,
    );
    const id = Number(lastInsertRowid);
    for (const hash of identifierHashes(event.identifiers)) {
      sql.run('INSERT INTO identifiers (hash, event) VALUES (?, ?)', hash, id);
    }
    return { id, state: 'waiting', outcome: null, odooEventId: message.adopted?.odooEventId ?? null };
  });
  return {
    kind: 'created',
    inboxId,
    correlationId,
    receivedAt: message.receivedAt,
    events,
  };
}

/** Adds new events to the tally; what becomes of them is counted by triggers. */
function count(sql: Sql, events: NewMessage['events']): void {
  const counts = new Map<string, number>();
  for (const { type } of events) counts.set(type, (counts.get(type) ?? 0) + 1);
  for (const [type, count] of counts) {
    sql.run(
      `INSERT INTO event_counts (type, state, outcome, count) VALUES (?, 'waiting', '', ?)
       ON CONFLICT DO UPDATE SET count = count + excluded.count`,
      type,
      count,
    );
  }
}

function repeated(sql: Sql, message: NewMessage): Receipt {
  const known = sql.get<{ id: number; digest: string; correlationId: string; receivedAt: number }>(
    `SELECT id, content_digest AS digest, correlation_id AS correlationId, received_at AS receivedAt
     FROM messages WHERE sender_id = ? AND message_id = ?`,
    message.senderId,
    message.messageId,
  );
  // The insert found it a moment ago, in this same transaction.
  if (!known) throw new Error('a message that was there is gone');
  return {
    kind: known.digest === message.contentDigest ? 'repeated' : 'conflict',
    inboxId: known.id,
    correlationId: known.correlationId,
    receivedAt: known.receivedAt,
    events: statusOf(sql, known.id),
  };
}

/** How the events of a message stand. */
export function statusOf(sql: Sql, inboxId: number): EventStatus[] {
  return sql.all<EventStatus>(
    'SELECT id, state, outcome, odoo_event_id AS odooEventId FROM events WHERE message = ? ORDER BY id',
    inboxId,
  );
}
