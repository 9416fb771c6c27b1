import type { EventStatus } from '../event-status.ts';
import { messageKey } from '../message-key.ts';
import type { Receipt } from '../messages.ts';
import { newReference } from '../reference.ts';
import { sortDateOf } from '../sort-date.ts';
import type { Sql } from './connection.ts';
import {
  type ArrivingEvent,
  type ArrivingMessage,
  type PackedMessages,
  type PackedReceipts,
  unpackMessages,
} from './hand-over.ts';
import { type Indexing, partOf, searchHashes } from './indexing.ts';
import { insertRefusals } from './refusals.ts';

/**
 * See `Messages`.
 *
 * @param assertKept throws where what is about to be committed would not be found again
 */
export function messages(sql: Sql, indexing: Indexing, assertKept: () => void) {
  return {
    /** Commits messages together; gives their receipts in the same order. */
    acceptAll(packed: PackedMessages): PackedReceipts {
      const arriving = unpackMessages(packed).map((message) => ({
        message,
        key: messageKey(message.senderId, message.messageId),
      }));
      const created: { key: number; id: number }[] = [];
      const receipts = sql.transaction(() => {
        const next = indexing.lookForOthers();
        const known = indexing.find(arriving.map(({ key }) => key));
        const ids: number[] = [];
        const repeats: PackedReceipts['known'] = [];
        for (const [place, { message, key }] of arriving.entries()) {
          const candidates = known.get(key) ?? [];
          const repeat = repeated(sql, message, candidates);
          if (repeat) {
            ids.push(0, 0);
            repeats.push([place, repeat]);
            continue;
          }
          const id = next.message;
          ids.push(id, message.events.length === 0 ? 0 : next.event);
          insert(sql, id, next.event, key, message);
          next.message += 1;
          next.event += message.events.length;
          // Also for the rest of this group.
          known.set(key, [...candidates, id]);
          created.push({ key, id });
        }
        // Also for repeats: they are acknowledged by what the file has.
        assertKept();
        return { ids, known: repeats };
      });
      for (const { key, id } of created) indexing.add(key, id);
      return receipts;
    },

    /** Messages whose indexing waits. */
    unindexed: (): number => indexing.waiting,
    /** Indexes some of them; gives whether more may be left. */
    indexSome: (): boolean => indexing.indexSome(),

    statusOf: (inboxId: number): EventStatus[] => statusOf(sql, inboxId),

    lastMessages(senderIds: readonly string[]): Map<string, number> {
      indexing.indexAll();
      const found = new Map<string, number>();
      for (const sender of senderIds) {
        const row = sql.get<{ at: number }>('SELECT last_at AS at FROM senders WHERE sender_id = ?', sender);
        if (row) found.set(sender, row.at);
      }
      return found;
    },

    /** Deletes up to `limit` messages settled before `before`: small commits, so that nobody waits long for one. */
    prune(before: number, limit: number): number {
      indexing.indexAll();
      return sql.transaction(() => {
        const found = sql.all<{ id: number; key: number; correlationId: string }>(
          `SELECT id, key, correlation_id AS correlationId FROM messages
           WHERE settled_at IS NOT NULL AND settled_at < ? AND id <= (SELECT up_to FROM indexed) LIMIT ?`,
          before,
          limit,
        );
        for (const { id, key, correlationId } of found) {
          const events = sql.all<{ id: number; identifiers: string }>(
            'SELECT id, identifiers FROM events WHERE message = ?',
            id,
          );
          for (const event of events) {
            for (const hash of searchHashes({ identifiers: event.identifiers, correlationId })) {
              sql.run(
                'DELETE FROM identifiers WHERE part = ? AND hash = ? AND event = ?',
                partOf(event.id),
                hash,
                event.id,
              );
            }
          }
          sql.run('DELETE FROM message_keys WHERE key = ? AND message = ?', key, id);
          sql.run('DELETE FROM messages WHERE id = ?', id);
        }
        return found.length;
      });
    },
  };
}

/** @param firstEvent the id of its first event; those of the others follow */
function insert(sql: Sql, id: number, firstEvent: number, key: number, message: ArrivingMessage): void {
  const { events, receivedAt } = message;
  sql.run(
    `INSERT INTO messages (id, key, sender_id, message_id, content_digest, correlation_id, action, dialect, kid,
                           received_at, settled_at, body)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    id,
    key,
    message.senderId,
    message.messageId,
    message.contentDigest,
    message.correlationId,
    message.action,
    message.dialect,
    message.kid,
    receivedAt,
    events.length === 0 ? receivedAt : null,
    message.body,
  );
  if (message.refusals !== null) insertRefusals(sql, JSON.parse(message.refusals));
  for (const [index, event] of events.entries()) insertEvent(sql, firstEvent + index, id, message, event);
}

function insertEvent(
  sql: Sql,
  id: number,
  inboxId: number,
  { receivedAt, odooEventId, personId }: ArrivingMessage,
  { position, type, date, identifiers, correction }: ArrivingEvent,
): void {
  sql.run(
    `INSERT INTO events (id, message, position, type, date, identifiers, reference, sort_date, received_at, state,
                         odoo_event_id, adopted, person_id, correction, indexed)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'waiting', ?, ?, ?, ?, 0)`,
    id,
    inboxId,
    position,
    type,
    date,
    identifiers,
    newReference(type, receivedAt),
    sortDateOf(date, correction === 1, receivedAt),
    receivedAt,
    odooEventId,
    odooEventId === null ? 0 : 1,
    personId,
    correction,
  );
}

/** The receipt of a message that is there already, under one of these ids; null where it is not. */
function repeated(sql: Sql, message: ArrivingMessage, ids: readonly number[]): Receipt | null {
  for (const id of ids) {
    const known = sql.get<{ digest: string; correlationId: string; receivedAt: number }>(
      `SELECT content_digest AS digest, correlation_id AS correlationId, received_at AS receivedAt
       FROM messages WHERE id = ? AND sender_id = ? AND message_id = ?`,
      id,
      message.senderId,
      message.messageId,
    );
    if (!known) continue;
    return {
      kind: known.digest === message.contentDigest ? 'repeated' : 'conflict',
      inboxId: id,
      correlationId: known.correlationId,
      receivedAt: known.receivedAt,
      events: statusOf(sql, id),
    };
  }
  return null;
}

/** The states of a message's events. */
export function statusOf(sql: Sql, inboxId: number): EventStatus[] {
  return sql.all<EventStatus>(
    'SELECT id, state, outcome, odoo_event_id AS odooEventId FROM events WHERE message = ? ORDER BY id',
    inboxId,
  );
}
