import type { Identifier } from '../../events/vital-event.ts';
import { callsOf } from '../attempt-calls.ts';
import { type CountedRow, countsOf } from '../counts.ts';
import type {
  Attempt,
  EventDetails,
  EventFilter,
  EventState,
  EventStatus,
  EventSummary,
  InboxCounts,
  ReasonCount,
  UnmatchedEvent,
} from '../inbox.ts';
import type { Sql } from './database.ts';
import { stored, told } from './text.ts';

export const SUMMARY = `
  SELECT e.id, e.type, e.date, e.state, e.outcome, e.odoo_event_id AS "odooEventId", e.received_at AS "receivedAt",
         e.settled_at AS "settledAt", e.due_at AS "dueAt", e.attempts, e.reason, m.sender_id AS "senderId",
         m.correlation_id AS "correlationId"`;
export const FROM = 'FROM crvs_bridge.events e JOIN crvs_bridge.messages m ON m.id = e.message';

/** What a filter asks for, but for the page. */
export function conditionsOf(filter: EventFilter): { where: string[]; values: unknown[] } {
  const where: string[] = [];
  const values: unknown[] = [];
  for (const [column, value] of [
    ['e.state', filter.state],
    ['e.outcome', filter.outcome],
    ['e.type', filter.type],
    ['e.reason', filter.reason],
  ] as const) {
    if (value === undefined) continue;
    values.push(value);
    where.push(`${column} = $${values.length}`);
  }
  if (filter.senderId !== undefined) {
    values.push(stored(filter.senderId));
    // By its hash as well, for that is what the index has: without it a rare sender's events are looked for in all.
    where.push(`md5(m.sender_id) = md5($${values.length}) AND m.sender_id = $${values.length}`);
  }
  for (const [condition, value] of [
    ['e.received_at >=', filter.receivedFrom],
    ['e.received_at <', filter.receivedBefore],
  ] as const) {
    if (value === undefined) continue;
    values.push(value);
    where.push(`${condition} $${values.length}`);
  }
  return { where, values };
}

/** A line of a list as it was before it was stored. */
export function summaryOf(row: EventSummary): EventSummary {
  return { ...row, date: told(row.date), senderId: told(row.senderId) };
}

/** How the events of messages stand, by message; one that is not there has none. */
export async function statusesOf(sql: Sql, inboxIds: readonly number[]): Promise<Map<number, EventStatus[]>> {
  const statuses = new Map<number, EventStatus[]>(inboxIds.map((id) => [id, []]));
  const rows = await sql.rows<EventStatus & { message: number }>(
    `SELECT message, id, state, outcome, odoo_event_id AS "odooEventId" FROM crvs_bridge.events
     WHERE message = ANY($1::bigint[]) ORDER BY id`,
    [inboxIds],
    'statuses',
  );
  for (const { message, ...status } of rows) statuses.get(message)?.push(status);
  return statuses;
}

export async function list(sql: Sql, filter: EventFilter): Promise<EventSummary[]> {
  const { where, values } = conditionsOf(filter);
  if (filter.before !== undefined) {
    values.push(filter.before);
    where.push(`e.id < $${values.length}`);
  }
  values.push(filter.limit ?? 50);
  const rows = await sql.rows<EventSummary>(
    `${SUMMARY} ${FROM} ${where.length > 0 ? `WHERE ${where.join(' AND ')}` : ''}
     ORDER BY e.id DESC LIMIT $${values.length}`,
    values,
  );
  return rows.map(summaryOf);
}

export async function show(sql: Sql, id: number): Promise<EventDetails | null> {
  const [row] = await sql.rows<Omit<EventDetails, 'identifiers' | 'history'> & { identifiers: string }>(
    `${SUMMARY}, e.identifiers, e.position, e.reference, e.error_message AS "errorMessage", e.notes,
            m.message_id AS "messageId", m.action, m.dialect, m.kid, m.body
     ${FROM} WHERE e.id = $1`,
    [id],
  );
  if (!row) return null;
  return {
    ...row,
    date: told(row.date),
    senderId: told(row.senderId),
    identifiers: JSON.parse(row.identifiers) as Identifier[],
    errorMessage: told(row.errorMessage),
    notes: told(row.notes),
    messageId: told(row.messageId),
    action: told(row.action),
    kid: told(row.kid),
    body: told(row.body),
    history: (
      await sql.rows<Omit<Attempt, 'calls'> & { calls: string | null }>(
        `SELECT started_at AS "startedAt", ended_at AS "endedAt", outcome, calls FROM crvs_bridge.attempts
         WHERE event = $1 ORDER BY id`,
        [id],
      )
    ).map((attempt) => ({ ...attempt, calls: callsOf(attempt.calls) })),
  };
}

export async function nextDueAt(sql: Sql): Promise<number | null> {
  const [row] = await sql.rows<{ due: number | null }>(
    "SELECT min(due_at) AS due FROM crvs_bridge.events WHERE state = 'deferred'",
  );
  return row?.due ?? null;
}

export async function dueMatches(sql: Sql, limit: number, now: number): Promise<UnmatchedEvent[]> {
  const rows = await sql.rows<Omit<UnmatchedEvent, 'identifiers'> & { identifiers: string }>(
    `SELECT id, type, date, identifiers, settled_at AS "settledAt" FROM crvs_bridge.events
     WHERE match_at <= $1 ORDER BY match_at, id LIMIT $2`,
    [now, limit],
  );
  return rows.map((row) => ({
    ...row,
    date: told(row.date),
    identifiers: JSON.parse(row.identifiers) as Identifier[],
  }));
}

export async function findByRows(
  sql: Sql,
  odooEventIds: readonly number[],
): Promise<Map<number, { id: number; state: EventState }>> {
  const rows = await sql.rows<{ row: number; id: number; state: EventState }>(
    `SELECT DISTINCT ON (odoo_event_id) odoo_event_id AS row, id, state FROM crvs_bridge.events
     WHERE odoo_event_id = ANY($1::bigint[]) ORDER BY odoo_event_id, id DESC`,
    [odooEventIds],
  );
  return new Map(rows.map(({ row, id, state }) => [row, { id, state }]));
}

/** See `Inbox.counts`. */
export async function counts(sql: Sql, leaveOut: readonly string[]): Promise<InboxCounts> {
  const rows = await sql.rows<CountedRow>(
    `SELECT state, count(*) AS count FROM crvs_bridge.events WHERE state <> 'settled' GROUP BY state
     UNION ALL
     SELECT outcome, count(*) FROM crvs_bridge.events WHERE outcome IS NOT NULL GROUP BY outcome
     UNION ALL
     SELECT 'unmatched', count(*) FROM crvs_bridge.events WHERE match_at IS NOT NULL`,
  );
  const byReason = await sql.rows<ReasonCount>(
    `SELECT reason, count(*) AS count FROM crvs_bridge.events WHERE reason IS NOT NULL GROUP BY reason
     ORDER BY count DESC, reason`,
  );
  const [oldest] = await sql.rows<{ at: number }>(
    `SELECT received_at AS at FROM crvs_bridge.events
     WHERE state <> 'settled' AND state <> 'dead' AND (reason IS NULL OR reason <> ALL($1::text[]))
     ORDER BY received_at LIMIT 1`,
    [leaveOut],
  );
  return countsOf(rows, byReason, oldest?.at ?? null);
}

export async function getDocument(sql: Sql, name: string): Promise<string | null> {
  const [row] = await sql.rows<{ json: string }>('SELECT json FROM crvs_bridge.documents WHERE name = $1', [
    stored(name),
  ]);
  return told(row?.json ?? null);
}

export async function putDocument(sql: Sql, name: string, json: string): Promise<void> {
  await sql.rows(
    `INSERT INTO crvs_bridge.documents (name, json) VALUES ($1, $2)
     ON CONFLICT (name) DO UPDATE SET json = excluded.json`,
    [stored(name), stored(json)],
  );
}

export async function listDocuments(sql: Sql, prefix: string): Promise<Map<string, string>> {
  const rows = await sql.rows<{ name: string; json: string }>(
    'SELECT name, json FROM crvs_bridge.documents WHERE starts_with(name, $1)',
    [stored(prefix)],
  );
  return new Map(rows.map(({ name, json }) => [told(name), told(json)]));
}

export async function replaceDocument(
  sql: Sql,
  name: string,
  before: string | null,
  after: string | null,
): Promise<boolean> {
  if (before === null && after === null) return (await getDocument(sql, name)) === null;
  const values = [stored(name), stored(before), stored(after)].filter((value) => value !== null);
  const done = await sql.rows(
    before === null
      ? 'INSERT INTO crvs_bridge.documents (name, json) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING RETURNING 1'
      : after === null
        ? 'DELETE FROM crvs_bridge.documents WHERE name = $1 AND json = $2 RETURNING 1'
        : 'UPDATE crvs_bridge.documents SET json = $3 WHERE name = $1 AND json = $2 RETURNING 1',
    values,
  );
  return done.length > 0;
}
