import type { SQLInputValue } from 'node:sqlite';
import { callsOf } from '../attempt-calls.ts';
import { type CountedRow, countsOf } from '../counts.ts';
import type {
  Attempt,
  EventDetails,
  EventFilter,
  EventListing,
  EventSummary,
  InboxCounts,
  ReasonCount,
} from '../event-records.ts';
import type { EventState } from '../event-status.ts';
import { identifierHash } from '../identifier-hash.ts';
import { keptIdentifiers } from '../kept-identifiers.ts';
import { messageKey } from '../message-key.ts';
import { type Rates, type ReasonRow, spread, type Tally, type TallyRow } from '../overview.ts';
import type { Sql } from './connection.ts';
import type { Indexing } from './indexing.ts';

const SUMMARY = `
  SELECT e.id, e.type, e.date, e.state, e.outcome, e.odoo_event_id AS odooEventId, e.received_at AS receivedAt,
         e.settled_at AS settledAt, e.due_at AS dueAt, e.attempts, e.reason, m.sender_id AS senderId,
         m.correlation_id AS correlationId`;
const FROM = 'FROM events e JOIN messages m ON m.id = e.message';

/** The counts of events. Each event is first counted, as waiting, when it is indexed. */
const COUNTED = `(
  SELECT type, state, outcome, count FROM event_counts
  UNION ALL
  SELECT type, 'waiting', '', count(*) FROM events WHERE message > (SELECT up_to FROM indexed) GROUP BY type)`;

/** Ids that one look goes through at most: some ten milliseconds, for the thread commits notifications, too. */
const LOOK_IDS = 20_000;

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
     *
     * @param from where to go on; null for the beginning
     */
    listSome(listing: EventListing, from: number | null, limit: number): Page {
      const { where, values } = conditionsOf(listing);
      const oldest = listing.order === 'oldest';
      const look = lookOf(sql, listing, oldest, from);
      if (look === null) return { events: [], next: null };
      const events = sql.all<EventSummary>(
        `${SUMMARY} ${FROM} WHERE ${['e.id >= ?', 'e.id < ?', ...where].join(' AND ')}
         ORDER BY e.id ${oldest ? 'ASC' : 'DESC'} LIMIT ?`,
        look.low,
        look.high,
        ...values,
        limit,
      );
      return { events, next: look.next };
    },

    /** How many events a filter matches, as far as one short look finds them; at most `limit`. */
    countSome(
      filter: EventFilter,
      from: number | null,
      limit: number,
    ): { count: number; next: number | null } {
      const { where, values } = conditionsOf(filter);
      const look = lookOf(sql, filter, false, from);
      if (look === null) return { count: 0, next: null };
      const row = sql.get<{ count: number }>(
        `SELECT count(*) AS count FROM (SELECT 1 ${filter.senderId === undefined ? 'FROM events e' : FROM}
         WHERE ${['e.id >= ?', 'e.id < ?', ...where].join(' AND ')} LIMIT ?)`,
        look.low,
        look.high,
        ...values,
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

    counts(leaveOut: readonly string[] = []): InboxCounts {
      indexing.indexAll();
      const rows = sql.all<CountedRow>(
        `SELECT iif(state = 'settled', outcome, state) AS state, sum(count) AS count FROM ${COUNTED} GROUP BY 1
         UNION ALL
         SELECT 'unmatched', count(*) FROM events WHERE match_at IS NOT NULL`,
      );
      const byReason = sql.all<ReasonCount>(
        `SELECT reason, count(*) AS count FROM events WHERE reason IS NOT NULL GROUP BY reason
         ORDER BY count DESC, reason`,
      );
      const oldest = sql.get<{ at: number }>(
        `WITH open (at, reason) AS (
           SELECT received_at, reason FROM events WHERE state <> 'settled' AND indexed = 1 AND state <> 'dead'
         ), unindexed (at, reason) AS (
           SELECT received_at, reason FROM events
           WHERE message > (SELECT up_to FROM indexed) AND state NOT IN ('settled', 'dead')
         ), left_out (reason) AS (SELECT value FROM json_each(?))
         SELECT min(at) AS at FROM (
           SELECT * FROM (SELECT at FROM open WHERE reason IS NULL OR reason NOT IN left_out ORDER BY at LIMIT 1)
           UNION ALL SELECT min(at) FROM unindexed WHERE reason IS NULL OR reason NOT IN left_out)`,
        JSON.stringify(leaveOut),
      );
      const unindexed = sql.get<{ count: number; oldestAt: number | null }>(
        `SELECT count(*) AS count, min(received_at) AS oldestAt FROM events
         WHERE message > (SELECT up_to FROM indexed)`,
      );
      return countsOf(rows, byReason, oldest?.at ?? null, unindexed);
    },

    tally(): Tally {
      indexing.indexAll();
      return {
        rows: sql.all<TallyRow>(
          `SELECT type, state, nullif(outcome, '') AS outcome, sum(count) AS count FROM ${COUNTED}
           GROUP BY 1, 2, 3 HAVING sum(count) > 0`,
        ),
        reasons: sql.all<ReasonRow>(
          `SELECT reason, state, count(*) AS count FROM events WHERE reason IS NOT NULL
           GROUP BY reason, state ORDER BY count DESC, reason`,
        ),
      };
    },

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

/** The conditions of a filter. */
function conditionsOf(filter: EventFilter): { where: string[]; values: SQLInputValue[] } {
  const conditions: [condition: string, value: SQLInputValue | undefined][] = [
    ['e.state = ?', filter.state],
    ['e.outcome = ?', filter.outcome],
    ['e.type = ?', filter.type],
    ['m.sender_id = ?', filter.senderId],
    ['e.reason = ?', filter.reason],
    ['e.received_at >= ?', filter.receivedFrom],
    ['e.received_at < ?', filter.receivedBefore],
    ['e.id < ?', filter.before],
    ['e.id > ?', filter.after],
    ['e.id IN (SELECT value FROM json_each(?))', filter.ids && JSON.stringify(filter.ids)],
    ['EXISTS (SELECT 1 FROM audit_events a WHERE a.audit = ? AND a.event = e.id)', filter.audit],
  ];
  const asked = conditions.filter((one): one is [string, SQLInputValue] => one[1] !== undefined);
  return { where: asked.map(([condition]) => condition), values: asked.map(([, value]) => value) };
}
