import type { SQLInputValue } from 'node:sqlite';
import { callsOf } from '../attempt-calls.ts';
import { countsOf, type Unindexed } from '../counts.ts';
import type {
  Attempt,
  EventDetails,
  EventFilter,
  EventListing,
  EventSort,
  EventSummary,
  InboxCounts,
  LeftOut,
} from '../event-records.ts';
import { compareEvents, directions, sortKeyOf, sortKeySql } from '../event-sort.ts';
import type { EventState } from '../event-status.ts';
import { identifierHash } from '../identifier-hash.ts';
import { keptIdentifiers } from '../kept-identifiers.ts';
import { messageKey } from '../message-key.ts';
import { type CountRow, type Rates, spread, type Tally, tallyOf } from '../overview.ts';
import type { Sql } from './connection.ts';
import type { Indexing } from './indexing.ts';

const SUMMARY = `
  SELECT e.id, e.type, e.date, e.state, e.outcome, e.odoo_event_id AS odooEventId, e.received_at AS receivedAt,
         e.settled_at AS settledAt, e.due_at AS dueAt, e.attempts, e.reason, m.sender_id AS senderId,
         m.correlation_id AS correlationId`;
const FROM = 'FROM events e JOIN messages m ON m.id = e.message';

/** The counts of events. Each event is first counted, as waiting, when it is indexed. */
const COUNTED = `(
  SELECT type, state, outcome, reason, count FROM event_counts
  UNION ALL
  SELECT type, 'waiting', '', '', count(*) FROM events WHERE message > (SELECT up_to FROM indexed) GROUP BY type)`;

/** Which events count as unsettled: see `LeftOut`. */
const COUNTS_AS_LATE = `(reason IS NULL OR reason NOT IN (SELECT value FROM json_each(?1))
  AND NOT (state = 'deferred' AND due_at > ?2 AND reason IN (SELECT value FROM json_each(?3))))`;

/** Ids that one look goes through at most: some ten milliseconds, for the thread commits notifications, too. */
const LOOK_IDS = 50_000;

export interface Page {
  events: EventSummary[];
  /** Where to go on; null where there is nothing left. */
  next: number | null;
}

/** The ids of one look, from `low` to below `high`, and where the next one begins. */
interface Look {
  low: number;
  high: number;
  next: number | null;
}

/** Null where there is nothing to look at. */
function lookOf(
  sql: Sql,
  { before, after, ids }: EventFilter,
  oldest: boolean,
  from: number | null,
): Look | null {
  const ends = sql.get<{ first: number | null; last: number | null }>(
    'SELECT (SELECT min(id) FROM events) AS first, (SELECT max(id) FROM events) AS last',
  );
  const first = Math.max(ends?.first ?? 1, (after ?? 0) + 1);
  const end = Math.min((ends?.last ?? 0) + 1, before ?? Number.POSITIVE_INFINITY);
  if (ends?.first === null || first >= end) return null;
  if (ids !== undefined) return { low: first, high: end, next: null };
  if (oldest) {
    const low = Math.max(from ?? first, first);
    const high = Math.min(low + LOOK_IDS, end);
    return { low, high, next: high < end ? high : null };
  }
  const high = Math.min(from ?? end, end);
  const low = Math.max(high - LOOK_IDS, first);
  return { low, high, next: low > first ? low : null };
}

/** See `EventRecords`. Every look is short. */
export function eventRecords(sql: Sql, indexing: Indexing) {
  return {
    /**
     * Events that a filter matches, as far as one short look finds them: there may be many events, and few that match.
     * Of a sorted list it gives the first ones of this look; the next look may find others that come before them.
     *
     * @param from where to go on; null for the beginning
     */
    listSome(listing: EventListing, from: number | null, limit: number): Page {
      indexing.indexAll();
      const { sort, order } = listing;
      const oldest = sort === undefined && order === 'oldest';
      const look = lookOf(sql, listing, oldest, from);
      const filter = look && conditionsOf(sql, listing, look);
      if (!filter) return { events: [], next: null };
      const ids = `SELECT e.id FROM ${filter.from} WHERE ${filter.where} ORDER BY e.id ${oldest ? 'ASC' : 'DESC'} LIMIT ?`;
      const page = sort ? sortedIds(filter, sort) : { query: ids, values: filter.values };
      const events = sql.all<EventSummary>(
        `${SUMMARY} ${FROM} WHERE e.id IN (${page.query})`,
        ...page.values,
        limit,
      );
      events.sort((a, b) => (sort ? compareEvents(a, b, sort) : oldest ? a.id - b.id : b.id - a.id));
      return { events, next: look.next };
    },

    /** How many events a filter matches, as far as one short look finds them; at most `limit`. */
    countSome(
      filter: EventFilter,
      from: number | null,
      limit: number,
    ): { count: number; next: number | null } {
      indexing.indexAll();
      const look = lookOf(sql, filter, false, from);
      const conditions = look && conditionsOf(sql, filter, look);
      if (!conditions) return { count: 0, next: null };
      const row = sql.get<{ count: number }>(
        `SELECT count(*) AS count FROM (SELECT 1 FROM ${conditions.from} WHERE ${conditions.where} LIMIT ?)`,
        ...conditions.values,
        limit,
      );
      return { count: row?.count ?? 0, next: look.next };
    },

    find(text: string, limit: number): EventSummary[] {
      // A revocation that does not find its waiting death must not be acknowledged.
      indexing.indexAllOrFail();
      return find(sql, text, limit);
    },

    show(id: number): EventDetails | null {
      const row = sql.get<Omit<EventDetails, 'identifiers' | 'history'> & { identifiers: string }>(
        `${SUMMARY}, e.identifiers, e.position, e.reference, e.error_message AS errorMessage, e.notes,
                m.message_id AS messageId, m.action, m.dialect, m.kid, m.body
         FROM events e JOIN messages m ON m.id = e.message WHERE e.id = ?`,
        id,
      );
      if (!row) return null;
      return {
        ...row,
        identifiers: keptIdentifiers(row.identifiers) ?? [],
        history: sql
          .all<Omit<Attempt, 'calls'> & { calls: string | null }>(
            `SELECT started_at AS startedAt, ended_at AS endedAt, outcome, calls FROM attempts
           WHERE event = ? ORDER BY id`,
            id,
          )
          .map((attempt) => ({ ...attempt, calls: callsOf(attempt.calls) })),
      };
    },

    findByRows(odooEventIds: readonly number[]): Map<number, { id: number; state: EventState }> {
      const found = new Map<number, { id: number; state: EventState }>();
      for (const row of odooEventIds) {
        const event = sql.get<{ id: number; state: EventState }>(
          'SELECT id, state FROM events WHERE odoo_event_id = ? ORDER BY id DESC LIMIT 1',
          row,
        );
        if (event) found.set(row, event);
      }
      return found;
    },

    counts(leftOut?: LeftOut): InboxCounts {
      const counted = tally(sql, indexing, leftOut);
      const unmatched = sql.get<{ count: number }>(
        'SELECT count(*) AS count FROM events WHERE match_at IS NOT NULL',
      );
      const unindexed = sql.get<Unindexed>(
        `SELECT count(*) AS count, min(received_at) AS oldestAt FROM events
         WHERE message > (SELECT up_to FROM indexed)`,
      );
      return countsOf(counted, unmatched?.count ?? 0, unindexed);
    },

    tally: (leftOut?: LeftOut): Tally => tally(sql, indexing, leftOut),

    /** Events are counted by a range of an index for each span: grouping would sort. */
    rates(from: number, spanMs: number, spans: number): Rates {
      indexing.indexAll();
      const countsOf = (column: 'received_at' | 'settled_at', which: string) =>
        Array.from({ length: spans }, (_, span) => {
          const begin = from + span * spanMs;
          const query = `SELECT count(*) AS count FROM events WHERE ${which} AND ${column} >= ? AND ${column} < ?`;
          return sql.get<{ count: number }>(query, begin, begin + spanMs)?.count ?? 0;
        });
      // Node gives numbers as floating point, which SQLite divides without rounding.
      const range = [from, spanMs, from, from + spanMs * spans] as const;
      const unsettled = countsOf('received_at', "state <> 'settled' AND indexed = 1");
      const unindexed = countsOf(
        'received_at',
        "message > (SELECT up_to FROM indexed) AND state <> 'settled' AND indexed = 0",
      );
      return {
        accepted: countsOf('received_at', "state = 'settled'").map(
          (count, span) => count + (unsettled[span] ?? 0) + (unindexed[span] ?? 0),
        ),
        settled: countsOf('settled_at', 'settled_at IS NOT NULL'),
        errors: sql.all<Rates['errors'][number]>(
          `SELECT cast((settled_at - ?) / ? AS INTEGER) AS span, reason, count(*) AS count FROM events
           WHERE outcome = 'error' AND settled_at >= ? AND settled_at < ? GROUP BY 1, 2`,
          ...range,
        ),
        refused: spread(
          sql.all(
            `SELECT cast((at - ?) / ? AS INTEGER) AS span, count(*) AS count FROM refusals WHERE at >= ? AND at < ? GROUP BY 1`,
            ...range,
          ),
          spans,
        ),
      };
    },
  };
}

function tally(sql: Sql, indexing: Indexing, leftOut: LeftOut | undefined): Tally {
  indexing.indexAll();
  const rows = sql.all<CountRow>(
    `SELECT type, state, nullif(outcome, '') AS outcome, nullif(reason, '') AS reason, sum(count) AS count
     FROM ${COUNTED} GROUP BY 1, 2, 3, 4 HAVING sum(count) > 0`,
  );
  const oldest = sql.get<{ at: number | null }>(
    `SELECT min(at) AS at FROM (
       SELECT * FROM (SELECT received_at AS at FROM events
                      WHERE state <> 'settled' AND indexed = 1 AND state <> 'dead' AND ${COUNTS_AS_LATE}
                      ORDER BY received_at LIMIT 1)
       UNION ALL
       SELECT min(received_at) FROM events INDEXED BY events_message
       WHERE message > (SELECT up_to FROM indexed) AND state NOT IN ('settled', 'dead') AND ${COUNTS_AS_LATE})`,
    JSON.stringify(leftOut?.reasons ?? []),
    leftOut?.now ?? 0,
    JSON.stringify(leftOut?.untilDue ?? []),
  );
  return tallyOf(rows, oldest?.at ?? null);
}

function find(sql: Sql, text: string, limit: number): EventSummary[] {
  const wanted = text.trim();
  const ids = new Set<number>();
  const add = (query: string, ...values: SQLInputValue[]) => {
    const rows = sql.all<{ id: number }>(query, ...values);
    for (const { id } of rows) ids.add(id);
    return rows.length;
  };
  const whole = /^[1-9]\d{0,14}$/.test(wanted) ? Number(wanted) : null;
  if (whole !== null) {
    add('SELECT id FROM events WHERE id = ?', whole);
    add('SELECT id FROM events WHERE odoo_event_id = ? ORDER BY id DESC LIMIT ?', whole, limit);
  }
  for (const sender of sendersOf(sql)) {
    add(
      `SELECT e.id FROM message_keys k JOIN messages m ON m.id = k.message JOIN events e ON e.message = m.id
       WHERE k.key = ? AND m.sender_id = ? AND m.message_id = ? ORDER BY e.id DESC LIMIT ?`,
      messageKey(sender, wanted),
      sender,
      wanted,
      limit,
    );
  }
  const { first, last } = sql.get<{ first: number | null; last: number | null }>(
    'SELECT (SELECT min(part) FROM identifiers) AS first, (SELECT max(part) FROM identifiers) AS last',
  ) ?? { first: null, last: null };
  const hash = identifierHash(wanted);
  let left = limit;
  for (let part = last ?? -1; part >= (first ?? 0) && left > 0; part -= 1) {
    left -= add(
      'SELECT event AS id FROM identifiers WHERE part = ? AND hash = ? ORDER BY event DESC LIMIT ?',
      part,
      hash,
      left,
    );
  }
  return [...ids]
    .sort((a, b) => b - a)
    .slice(0, limit)
    .flatMap((id) => sql.all<EventSummary>(`${SUMMARY} ${FROM} WHERE e.id = ?`, id));
}

/** With unsigned messages anybody can make up senders: more than these are not looked through. */
const SENDERS_LIMIT = 1000;

function sendersOf(sql: Sql): string[] {
  return sql
    .all<{ sender: string }>('SELECT sender_id AS sender FROM senders LIMIT ?', SENDERS_LIMIT)
    .map(({ sender }) => sender);
}

/** What follows `FROM` and `WHERE`, and the values of the conditions in their order. */
interface Conditions {
  from: string;
  where: string;
  values: SQLInputValue[];
  /** Whether all is read from the index that lists have: `events_list`. */
  isIndexed: boolean;
}

/** The conditions of a look; null where nothing can match. */
function conditionsOf(sql: Sql, filter: EventFilter, { low, high }: Look): Conditions | null {
  const isIndexed =
    sql.get('SELECT 1 FROM events WHERE message > (SELECT up_to FROM indexed) LIMIT 1') === undefined;
  const sender = senderOf(sql, filter, isIndexed);
  if (filter.senderId !== undefined && sender === undefined) return null;
  const conditions: [condition: string, value: SQLInputValue | undefined][] = [
    ['e.id >= ?', low],
    ['e.id < ?', high],
    ['e.state = ?', filter.state],
    ['e.outcome = ?', filter.outcome],
    ['e.type = ?', filter.type],
    [isIndexed ? 'e.sender = ?' : 'm.sender_id = ?', sender],
    ['e.reason = ?', filter.reason],
    ['e.received_at >= ?', filter.receivedFrom],
    ['e.received_at < ?', filter.receivedBefore],
    ['e.id IN (SELECT value FROM json_each(?))', filter.ids && JSON.stringify(filter.ids)],
    ['EXISTS (SELECT 1 FROM audit_events a WHERE a.audit = ? AND a.event = e.id)', filter.audit],
  ];
  const asked = conditions.filter((one): one is [string, SQLInputValue] => one[1] !== undefined);
  return {
    // Where nothing can be indexed, such as on a full disk, whole rows are read.
    from: isIndexed ? 'events e INDEXED BY events_list' : 'events e JOIN messages m ON m.id = e.message',
    where: [isIndexed ? 'e.indexed = 1' : 'true', ...asked.map(([condition]) => condition)].join(' AND '),
    values: asked.map(([, value]) => value),
    isIndexed,
  };
}

/** What the column of the sender has; undefined where none is asked for, or there is none with that id. */
function senderOf(sql: Sql, { senderId }: EventFilter, isIndexed: boolean): SQLInputValue | undefined {
  if (senderId === undefined || !isIndexed) return senderId;
  return sql.get<{ number: number }>('SELECT number FROM senders WHERE sender_id = ?', senderId)?.number;
}

/** The ids of a look in another order; the last of the values is still to come: how many. */
function sortedIds(
  { from, where, values, isIndexed }: Conditions,
  sort: EventSort,
): { query: string; values: SQLInputValue[] } {
  const { by, now, after } = sort;
  const { keys, ids } = directions(sort);
  const senders = by === 'sender' && isIndexed ? 'JOIN senders m ON m.number = e.sender' : '';
  const inner = `SELECT e.id, ${sortKeySql(sort, 'm.sender_id', '?')} AS key FROM ${from} ${senders} WHERE ${where}`;
  const key = after && sortKeyOf(after, sort);
  const beyond = after ? `WHERE key ${keys ? '<' : '>'} ? OR (key = ? AND id ${ids ? '<' : '>'} ?)` : '';
  return {
    query: `SELECT id FROM (${inner}) ${beyond} ORDER BY key ${keys ? 'DESC' : 'ASC'}, id ${ids ? 'DESC' : 'ASC'} LIMIT ?`,
    values: [
      ...(by === 'took' ? [now] : []),
      ...values,
      ...(after && key !== undefined ? [key, key, after.id] : []),
    ],
  };
}
