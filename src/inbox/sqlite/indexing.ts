import { identifierHash, identifierHashes } from '../identifier-hash.ts';
import { keptIdentifiers } from '../kept-identifiers.ts';
import type { Sql } from './connection.ts';

/** Messages, and their events, that one commit indexes at most: some ten milliseconds, for which the next ones wait. */
const SLICE = 1000;
const EVENTS_IN_SLICE = 5000;
/** Milliseconds after a failure until it is tried again, unless somebody needs all. */
const RETRY_AFTER_MS = 1000;

/**
 * Events that share a part of the search index. Hashes are random: in one index of all events each would be written to a
 * page of its own. A search looks at one place in each part.
 */
const EVENTS_IN_A_PART = 8192;

/** What an event is searched by, as its row and its message's have it. */
interface SearchedTexts {
  /** JSON. */
  identifiers: string;
  correlationId: string;
}

/** The hashes that an event is found by. */
export function searchHashes({ identifiers, correlationId }: SearchedTexts): number[] {
  return [...identifierHashes(keptIdentifiers(identifiers) ?? []), identifierHash(correlationId)];
}

/** In which part of the search index an event's hashes are. */
export function partOf(eventId: number): number {
  return Math.floor(eventId / EVENTS_IN_A_PART);
}

/**
 * What no acknowledgement needs is written after it, for many messages at once: the index by which a message is found
 * again, those by which its events are claimed and listed, the search hashes, the counts and the senders' last messages.
 * Messages are indexed in the order of their ids, and the table `indexed` says how far, in the same commit. So a crash
 * loses nothing: the next process that opens the file goes on from there. Until then a message is found by its key in memory.
 *
 * More than one process may write to the file. Each of them reads, in the transaction in which it takes messages, what
 * the others have added since.
 */
export class Indexing {
  readonly #sql: Sql;
  readonly #onResult: (failure: string | null) => void;
  /** When it last failed, milliseconds since the epoch; null where it works. */
  #failedAt: number | null = null;
  /** The ids of messages that may not be indexed yet, by their keys. */
  readonly #ids = new Map<number, number[]>();
  /** The highest id of a message that this process knows. */
  #last = 0;

  /** @param onResult called with why it failed each time that it does, and with null once it works again */
  constructor(sql: Sql, onResult: (failure: string | null) => void) {
    this.#sql = sql;
    this.#onResult = onResult;
  }

  /** How many messages may not be indexed yet. */
  get waiting(): number {
    return this.#ids.size;
  }

  /**
   * Finds what others have added. To be called in the transaction that takes messages, before the first.
   *
   * @returns the ids of the next message and the next event: never one that was given before, not even after it was
   *   pruned. Only what is indexed is pruned
   */
  lookForOthers(): { message: number; event: number } {
    const { last, upTo, lastEvent } = this.#sql.get<{ last: number | null; upTo: number; lastEvent: number }>(
      `SELECT (SELECT max(id) FROM messages) AS last, up_to AS upTo,
              max(last_event, (SELECT coalesce(max(id), 0) FROM events)) AS lastEvent
       FROM indexed`,
    ) ?? { last: null, upTo: 0, lastEvent: 0 };
    const known = Math.max(this.#last, upTo);
    const highest = Math.max(known, last ?? 0);
    if (highest > known) {
      for (const { id, key } of this.#sql.all<{ id: number; key: number }>(
        'SELECT id, key FROM messages WHERE id > ? ORDER BY id',
        known,
      )) {
        this.add(key, id);
      }
    }
    this.#last = highest;
    return { message: highest + 1, event: lastEvent + 1 };
  }

  /** Keeps a message that was committed. */
  add(key: number, id: number): void {
    const ids = this.#ids.get(key);
    if (ids) ids.push(id);
    else this.#ids.set(key, [id]);
    this.#last = Math.max(this.#last, id);
  }

  /** The ids of committed messages that have one of these keys, by key. */
  find(keys: readonly number[]): Map<number, number[]> {
    const found = new Map<number, number[]>();
    for (const key of keys) {
      const ids = this.#ids.get(key);
      if (ids) found.set(key, [...ids]);
    }
    for (const { key, message } of this.#sql.all<{ key: number; message: number }>(
      'SELECT key, message FROM message_keys WHERE key IN (SELECT value FROM json_each(?))',
      JSON.stringify(keys),
    )) {
      found.set(key, [...(found.get(key) ?? []), message]);
    }
    return found;
  }

  /** Indexes the oldest messages that are not, in one commit; gives whether more may be left. @throws where it fails */
  indexSome(): boolean {
    try {
      const left = this.#indexSome();
      if (this.#failedAt !== null) this.#onResult(null);
      this.#failedAt = null;
      return left;
    } catch (error) {
      this.#failedAt = Date.now();
      // SQLite's messages name tables and files, never values.
      this.#onResult(error instanceof Error ? error.message : String(error));
      throw error;
    }
  }

  #indexSome(): boolean {
    // A look without the lock is enough where nothing is to be done.
    const look = this.#sql.get<{ open: 0 | 1 | null }>(
      'SELECT max(id) > (SELECT up_to FROM indexed) AS open FROM messages',
    );
    const { upTo, left } = look?.open
      ? this.#sql.transaction(() => this.#indexSlice())
      : { upTo: this.#last, left: false };
    if (!left) this.#ids.clear();
    else {
      for (const [key, ids] of this.#ids) {
        const later = ids.filter((id) => id > upTo);
        if (later.length === 0) this.#ids.delete(key);
        else if (later.length < ids.length) this.#ids.set(key, later);
      }
    }
    return left;
  }

  /**
   * Indexes all messages, so that who reads next finds them fast. Where that cannot be written now, such as on a full
   * disk, delivery and counts look at the events that are left one by one.
   */
  indexAll(): void {
    const sinceFailure = this.#failedAt === null ? RETRY_AFTER_MS : Date.now() - this.#failedAt;
    // A clock that was set back must not keep it waiting.
    if (sinceFailure >= 0 && sinceFailure < RETRY_AFTER_MS) return;
    try {
      this.indexAllOrFail();
    } catch {
      // What depends on finding every event uses `indexAllOrFail`.
    }
  }

  /** Indexes all messages. @throws where that cannot be written: then nobody may rely on what a search finds */
  indexAllOrFail(): void {
    while (this.indexSome()) {}
  }

  #indexSlice(): { upTo: number; left: boolean } {
    const sql = this.#sql;
    const after = sql.get<{ upTo: number }>('SELECT up_to AS upTo FROM indexed')?.upTo ?? 0;
    const ids = sql
      .all<{ id: number }>('SELECT id FROM messages WHERE id > ? ORDER BY id LIMIT ?', after, SLICE)
      .map(({ id }) => id);
    const [first] = ids;
    if (first === undefined) return { upTo: after, left: false };
    const beyond = sql.get<{ message: number }>(
      'SELECT message FROM events WHERE message > ? ORDER BY message LIMIT 1 OFFSET ?',
      after,
      EVENTS_IN_SLICE,
    );
    const last = ids.at(-1) ?? first;
    const upTo = Math.max(first, Math.min(last, (beyond?.message ?? Number.POSITIVE_INFINITY) - 1));
    // In the order of each index: neighbours share a page.
    sql.run(
      `INSERT INTO message_keys (key, message)
       SELECT key, id FROM messages WHERE id > ?1 AND id <= ?2 ORDER BY key`,
      after,
      upTo,
    );
    sql.run(
      `INSERT INTO senders (sender_id, last_message, last_at)
       SELECT sender_id, max(id), received_at FROM messages WHERE id > ?1 AND id <= ?2 GROUP BY sender_id
       ON CONFLICT (sender_id) DO UPDATE SET last_message = excluded.last_message, last_at = excluded.last_at`,
      after,
      upTo,
    );
    // What became of them since was counted by triggers.
    sql.run(
      `INSERT INTO event_counts (type, state, outcome, reason, count)
       SELECT type, 'waiting', '', '', count(*) FROM events WHERE message > ?1 AND message <= ?2 GROUP BY type
       ON CONFLICT DO UPDATE SET count = count + excluded.count`,
      after,
      upTo,
    );
    sql.run(
      `UPDATE events SET indexed = 1,
              sender = (SELECT s.number FROM messages m JOIN senders s USING (sender_id) WHERE m.id = events.message)
       WHERE message > ? AND message <= ?`,
      after,
      upTo,
    );
    this.#indexIdentifiers(after, upTo);
    sql.run(
      'UPDATE indexed SET up_to = ?, last_event = max(last_event, (SELECT coalesce(max(id), 0) FROM events))',
      upTo,
    );
    return { upTo, left: upTo < last || ids.length === SLICE };
  }

  #indexIdentifiers(after: number, upTo: number): void {
    const events = this.#sql.all<{ id: number } & SearchedTexts>(
      `SELECT e.id, e.identifiers, m.correlation_id AS correlationId
       FROM events e JOIN messages m ON m.id = e.message WHERE e.message > ? AND e.message <= ?`,
      after,
      upTo,
    );
    const rows = events.flatMap(({ id, ...texts }) =>
      searchHashes(texts).map((hash) => [partOf(id), hash, id]),
    );
    this.#sql.run(
      `INSERT OR IGNORE INTO identifiers (part, hash, event)
       SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?) ORDER BY 1, 2, 3`,
      JSON.stringify(rows),
    );
  }
}
