import { callsOf } from '../attempt-calls.ts';
import { isCorrelationId } from '../correlation.ts';
import { countsOf, type Unindexed } from '../counts.ts';
import type {
  Attempt,
  EventDetails,
  EventFilter,
  EventListing,
  EventRecords,
  EventSort,
  EventSummary,
  InboxCounts,
  LeftOut,
  SortColumn,
} from '../event-records.ts';
import { directions, sortKeyOf, sortKeySql } from '../event-sort.ts';
import type { EventState } from '../event-status.ts';
import { identifierHash } from '../identifier-hash.ts';
import { keptIdentifiers } from '../kept-identifiers.ts';
import { messageDigest } from '../message-key.ts';
import { type CountRow, type Rates, spread, type Tally, tallyOf } from '../overview.ts';
import type { Sql } from './database.ts';
import type { Indexing } from './indexing.ts';
import { restored, stored } from './text.ts';

const SUMMARY = `
  SELECT e.id, e.type, e.date, e.state, e.outcome, e.odoo_event_id AS "odooEventId", e.received_at AS "receivedAt",
         e.settled_at AS "settledAt", e.due_at AS "dueAt", e.attempts, e.reason, m.sender_id AS "senderId",
         m.correlation_id AS "correlationId"`;
const FROM = 'FROM crvs_bridge.events e JOIN crvs_bridge.messages m ON m.id = e.message';

/** The conditions of a filter, as what follows `WHERE`. */
function conditionsOf(filter: EventFilter): { where: string; values: unknown[] } {
  const { senderId } = filter;
  const conditions: [condition: string, value: unknown][] = [
    ['e.state = ?', filter.state],
    ['e.outcome = ?', filter.outcome],
    ['e.type = ?', filter.type],
    ['e.reason = ?', filter.reason],
    // By its hash as well, for that is what the index has: without it a rare sender's events are looked for in all.
    ['md5(m.sender_id) = md5(?) AND m.sender_id = ?', senderId === undefined ? undefined : stored(senderId)],
    ['e.received_at >= ?', filter.receivedFrom],
    ['e.received_at < ?', filter.receivedBefore],
    ['e.id < ?', filter.before],
    ['e.id > ?', filter.after],
    ['e.id = ANY(?::bigint[])', filter.ids],
    ['e.id IN (SELECT event FROM crvs_bridge.audit_events WHERE audit = ?)', filter.audit],
  ];
  const asked = conditions.filter(([, value]) => value !== undefined);
  const where = asked.map(([condition], at) => condition.replaceAll('?', `$${at + 1}`));
  return { where: ['true', ...where].join(' AND '), values: asked.map(([, value]) => value) };
}

/** Messages are read only for their senders. */
function sourceOf({ senderId }: EventFilter): string {
  return senderId === undefined ? 'FROM crvs_bridge.events e' : FROM;
}

/** The ids of a list in another order, without a limit. */
function sortedIds(listing: EventListing, sort: EventSort): { query: string; values: unknown[] } {
  const { by, now, after } = sort;
  const { keys, ids } = directions(sort);
  const { where, values } = conditionsOf(listing);
  if (by === 'took') values.push(now);
  const key = sortKeySql(sort, 'm.sender_id', `$${values.length}::bigint`);
  const isNumber = NUMBERS.includes(by);
  const source = by === 'sender' ? FROM : sourceOf(listing);
  // Texts by their bytes, whatever the database's own order is.
  const keyed = `SELECT e.id, ${isNumber ? key : `(${key}) COLLATE "C"`} AS key ${source} WHERE ${where}`;
  let beyond = '';
  if (after) {
    values.push(by === 'sender' ? stored(after.senderId) : sortKeyOf(after, sort), after.id);
    const [at, id] = [`$${values.length - 1}::${isNumber ? 'bigint' : 'text'}`, `$${values.length}::bigint`];
    beyond = `WHERE key ${keys ? '<' : '>'} ${at} OR (key = ${at} AND id ${ids ? '<' : '>'} ${id})`;
  }
  const order = `ORDER BY key ${keys ? 'DESC' : 'ASC'}, id ${ids ? 'DESC' : 'ASC'}`;
  return { query: `SELECT id FROM (${keyed}) keyed ${beyond} ${order}`, values };
}

/** The columns whose keys are numbers. */
const NUMBERS: readonly SortColumn[] = ['state', 'took', 'attempts'];

/** A line of a list as it was before it was stored. */
function summaryOf(row: EventSummary): EventSummary {
  return { ...row, date: restored(row.date), senderId: restored(row.senderId) };
}

/** See `EventRecords`. */
export function eventRecords(sql: Sql, indexing: Indexing): EventRecords {
  return {
    async list(listing: EventListing): Promise<EventSummary[]> {
      const { sort, order, limit = 50 } = listing;
      const { where, values } = conditionsOf(listing);
      const page = sort
        ? sortedIds(listing, sort)
        : {
            query: `SELECT e.id ${sourceOf(listing)} WHERE ${where} ORDER BY e.id ${order === 'oldest' ? 'ASC' : 'DESC'}`,
            values,
          };
      const rows = await sql.rows<EventSummary>(
        `${SUMMARY} FROM unnest(ARRAY(${page.query} LIMIT $${page.values.length + 1})) WITH ORDINALITY AS page (id, place)
         JOIN crvs_bridge.events e ON e.id = page.id JOIN crvs_bridge.messages m ON m.id = e.message ORDER BY place`,
        [...page.values, limit],
      );
      return rows.map(summaryOf);
    },

    async count(filter: EventFilter, limit: number): Promise<number> {
      const { where, values } = conditionsOf(filter);
      const [row] = await sql.rows<{ count: number }>(
        `SELECT count(*) AS count FROM (SELECT 1 ${sourceOf(filter)} WHERE ${where} LIMIT $${values.length + 1}) matching`,
        [...values, limit],
      );
      return row?.count ?? 0;
    },

    async show(id: number): Promise<EventDetails | null> {
      const [row] = await sql.rows<Omit<EventDetails, 'identifiers' | 'history'> & { identifiers: string }>(
        `${SUMMARY}, e.identifiers, e.position, e.reference, e.error_message AS "errorMessage", e.notes,
                m.message_id AS "messageId", m.action, m.dialect, m.kid, m.body
         ${FROM} WHERE e.id = $1`,
        [id],
      );
      if (!row) return null;
      return {
        ...row,
        date: restored(row.date),
        senderId: restored(row.senderId),
        identifiers: keptIdentifiers(row.identifiers) ?? [],
        errorMessage: restored(row.errorMessage),
        notes: restored(row.notes),
        messageId: restored(row.messageId),
        action: restored(row.action),
        kid: restored(row.kid),
        body: restored(row.body),
        history: (
          await sql.rows<Omit<Attempt, 'calls'> & { calls: string | null }>(
            `SELECT started_at AS "startedAt", ended_at AS "endedAt", outcome, calls FROM crvs_bridge.attempts
             WHERE event = $1 ORDER BY id`,
            [id],
          )
        ).map((attempt) => ({ ...attempt, calls: callsOf(attempt.calls) })),
      };
    },

    async findByRows(
      odooEventIds: readonly number[],
    ): Promise<Map<number, { id: number; state: EventState }>> {
      const rows = await sql.rows<{ row: number; id: number; state: EventState }>(
        `SELECT DISTINCT ON (odoo_event_id) odoo_event_id AS row, id, state FROM crvs_bridge.events
         WHERE odoo_event_id = ANY($1::bigint[]) ORDER BY odoo_event_id, id DESC`,
        [odooEventIds],
      );
      return new Map(rows.map(({ row, id, state }) => [row, { id, state }]));
    },

    async counts(leftOut?: LeftOut): Promise<InboxCounts> {
      const [counted, [unmatched], [unindexed]] = await Promise.all([
        tally(sql, leftOut),
        sql.rows<{ count: number }>(
          'SELECT count(*) AS count FROM crvs_bridge.events WHERE match_at IS NOT NULL',
        ),
        sql.rows<Unindexed>(
          `SELECT count(*) AS count, (SELECT received_at FROM crvs_bridge.events WHERE id = min(event)) AS "oldestAt"
           FROM (SELECT unnest(events) AS event FROM crvs_bridge.unindexed) left_out`,
        ),
      ]);
      return countsOf(counted, unmatched?.count ?? 0, unindexed);
    },

    async find(text: string, limit: number): Promise<EventSummary[]> {
      await indexing.indexAll();
      const wanted = text.trim();
      const senders = await sql.rows<{ sender: string }>(SENDERS);
      const whole = /^[1-9]\d{0,14}$/.test(wanted) ? Number(wanted) : null;
      const rows = await sql.rows<EventSummary>(
        `${SUMMARY} ${FROM} WHERE e.id IN (
           (SELECT id FROM crvs_bridge.events WHERE id = $1)
           UNION ALL (SELECT id FROM crvs_bridge.events WHERE odoo_event_id = $1 ORDER BY id DESC LIMIT $5)
           UNION ALL (SELECT x.id FROM crvs_bridge.messages y JOIN crvs_bridge.events x ON x.message = y.id
                      WHERE y.correlation_id = $2 ORDER BY x.id DESC LIMIT $5)
           UNION ALL (SELECT x.id FROM crvs_bridge.messages y JOIN crvs_bridge.events x ON x.message = y.id
                      WHERE y.key = ANY($3::bytea[]) ORDER BY x.id DESC LIMIT $5)
           UNION ALL (SELECT event FROM crvs_bridge.identifiers WHERE hash = $4 ORDER BY event DESC LIMIT $5))
         ORDER BY e.id DESC LIMIT $5`,
        [
          whole,
          isCorrelationId(wanted) ? wanted : null,
          senders.map(({ sender }) =>
            Buffer.from(messageDigest(restored(sender).length, sender, stored(wanted)), 'hex'),
          ),
          identifierHash(wanted),
          limit,
        ],
      );
      return rows.map(summaryOf);
    },

    tally: (leftOut?: LeftOut): Promise<Tally> => tally(sql, leftOut),

    async rates(from: number, spanMs: number, spans: number): Promise<Rates> {
      const grouped = (column: string, source: string, more = '') =>
        sql.rows<Rates['errors'][number]>(
          `SELECT (${column} - $1::bigint) / $2::bigint AS span, count(*) AS count${more} FROM crvs_bridge.${source}
           ${source.includes('WHERE') ? 'AND' : 'WHERE'} ${column} >= $1::bigint
             AND ${column} < $1::bigint + $2::bigint * $3::bigint GROUP BY 1${more}`,
          [from, spanMs, spans],
        );
      const [received, waiting, settled, errors, refused] = await Promise.all([
        grouped('received_at', "events WHERE state = 'settled'"),
        grouped('received_at', "events WHERE state <> 'settled'"),
        grouped('settled_at', 'events WHERE settled_at IS NOT NULL'),
        grouped('settled_at', "events WHERE outcome = 'error'", ', reason'),
        grouped('at', 'refusals'),
      ]);
      return {
        accepted: spread([...received, ...waiting], spans),
        settled: spread(settled, spans),
        errors,
        refused: spread(refused, spans),
      };
    },
  };
}

async function tally(sql: Sql, leftOut: LeftOut | undefined): Promise<Tally> {
  const [rows, [oldest]] = await Promise.all([
    sql.rows<CountRow>(
      'SELECT type, state, outcome, reason, count(*) AS count FROM crvs_bridge.events GROUP BY 1, 2, 3, 4',
    ),
    sql.rows<{ at: number }>(
      `SELECT received_at AS at FROM crvs_bridge.events
       WHERE state <> 'settled' AND state <> 'dead' AND (reason IS NULL OR reason <> ALL($1::text[])
         AND NOT (state = 'deferred' AND due_at > $2 AND reason = ANY($3::text[])))
       ORDER BY received_at LIMIT 1`,
      [leftOut?.reasons ?? [], leftOut?.now ?? 0, leftOut?.untilDue ?? []],
    ),
  ]);
  return tallyOf(rows, oldest?.at ?? null);
}

/** With unsigned messages anybody can make up senders: more than these are not looked through. */
const SENDERS_LIMIT = 1000;

/** Who has sent messages, as kept: a step in the index for each of them, however many messages there are. */
const SENDERS = `
  WITH RECURSIVE sender AS (
    (SELECT md5(sender_id) AS hash, sender_id FROM crvs_bridge.messages ORDER BY md5(sender_id), id LIMIT 1)
    UNION ALL
    SELECT next.hash, next.sender_id FROM sender CROSS JOIN LATERAL (
      SELECT md5(sender_id) AS hash, sender_id FROM crvs_bridge.messages
      WHERE md5(sender_id) > sender.hash ORDER BY md5(sender_id), id LIMIT 1) next
  )
  SELECT sender_id AS sender FROM sender LIMIT ${SENDERS_LIMIT}`;
