import { createHash } from 'node:crypto';
import type { AuditEntry, AuditFilter, KeptAuditEntry } from '../audit.ts';
import { isCorrelationId } from '../correlation.ts';
import { identifierHash } from '../identifier-hash.ts';
import type { EventSummary } from '../inbox.ts';
import type { Rates, Tally, TallyRow } from '../overview.ts';
import type { Sql } from './database.ts';
import { FROM, SUMMARY, summaryOf } from './rows.ts';
import { stored, told } from './text.ts';

/** What people ask of the inbox. */

/** What a message_id is looked up by: the text itself may be longer than an index takes. */
const messageHash = (messageId: string) => createHash('md5').update(stored(messageId)).digest('hex');

/** See `Inbox.find`. */
export async function find(sql: Sql, text: string, limit: number): Promise<EventSummary[]> {
  const wanted = text.trim();
  const whole = /^[1-9]\d{0,14}$/.test(wanted) ? Number(wanted) : null;
  const rows = await sql.rows<EventSummary>(
    `${SUMMARY} ${FROM} WHERE e.id IN (
       (SELECT id FROM crvs_bridge.events WHERE id = $1)
       UNION ALL (SELECT id FROM crvs_bridge.events WHERE odoo_event_id = $1 ORDER BY id DESC LIMIT $6)
       UNION ALL (SELECT x.id FROM crvs_bridge.messages y JOIN crvs_bridge.events x ON x.message = y.id
                  WHERE y.correlation_id = $2 ORDER BY x.id DESC LIMIT $6)
       UNION ALL (SELECT x.id FROM crvs_bridge.messages y JOIN crvs_bridge.events x ON x.message = y.id
                  WHERE md5(y.message_id) = $3 AND y.message_id = $4 ORDER BY x.id DESC LIMIT $6)
       UNION ALL (SELECT event FROM crvs_bridge.identifiers WHERE hash = $5 ORDER BY event DESC LIMIT $6))
     ORDER BY e.id DESC LIMIT $6`,
    [
      whole,
      isCorrelationId(wanted) ? wanted : null,
      messageHash(wanted),
      stored(wanted),
      identifierHash(wanted),
      limit,
    ],
  );
  return rows.map(summaryOf);
}

/** See `Inbox.tally`. */
export async function tally(sql: Sql): Promise<Tally> {
  const rows = await sql.rows<TallyRow>(
    `SELECT type, state, outcome, count(*) AS count FROM crvs_bridge.events GROUP BY state, outcome, type`,
  );
  const [oldest] = await sql.rows<{ at: number | null }>(
    `SELECT min(received_at) AS at FROM crvs_bridge.events WHERE state <> 'settled' AND state IN ('waiting', 'delivering')`,
  );
  return { rows, oldestWaitingAt: oldest?.at ?? null };
}

/** See `Inbox.rates`. */
export async function rates(sql: Sql, from: number, spanMs: number, spans: number): Promise<Rates> {
  const counts = async (column: 'received_at' | 'settled_at') => {
    const rows = await sql.rows<{ span: number; count: number }>(
      `SELECT (${column} - $1::bigint) / $2::bigint AS span, count(*) AS count FROM crvs_bridge.events
       WHERE ${column} >= $1::bigint AND ${column} < $1::bigint + $2::bigint * $3::bigint GROUP BY 1`,
      [from, spanMs, spans],
    );
    const bySpan = new Map(rows.map(({ span, count }) => [span, count]));
    return Array.from({ length: spans }, (_, span) => bySpan.get(span) ?? 0);
  };
  return { accepted: await counts('received_at'), settled: await counts('settled_at') };
}

/** See `Inbox.lastMessages`. */
export async function lastMessages(sql: Sql, senderIds: readonly string[]): Promise<Map<string, number>> {
  const rows = await sql.rows<{ sender: string; at: number }>(
    `SELECT wanted.sender, last.at FROM unnest($1::text[]) AS wanted (sender)
     CROSS JOIN LATERAL (
       SELECT received_at AS at FROM crvs_bridge.messages
       WHERE md5(sender_id) = md5(wanted.sender) AND sender_id = wanted.sender ORDER BY id DESC LIMIT 1) last`,
    [senderIds.map((sender) => stored(sender))],
  );
  return new Map(rows.map(({ sender, at }) => [told(sender), at]));
}

/** See `Inbox.audit`. */
export async function audit(
  sql: Sql,
  { at, actor, address, action, eventId, count }: AuditEntry,
): Promise<void> {
  await sql.rows(
    `INSERT INTO crvs_bridge.audit (at, actor, address, action, event, count) VALUES ($1, $2, $3, $4, $5, $6)`,
    [at, stored(actor), stored(address), action, eventId, count],
  );
}

/** See `Inbox.auditTrail`. */
export async function auditTrail(
  sql: Sql,
  { limit = 50, before, eventId }: AuditFilter,
): Promise<KeptAuditEntry[]> {
  const rows = await sql.rows<KeptAuditEntry>(
    `SELECT id, at, actor, address, action, event AS "eventId", count FROM crvs_bridge.audit
     WHERE ($2::bigint IS NULL OR id < $2) AND ($3::bigint IS NULL OR event = $3) ORDER BY id DESC LIMIT $1`,
    [limit, before ?? null, eventId ?? null],
  );
  return rows.map((row) => ({ ...row, actor: told(row.actor), address: told(row.address) }));
}

/** See `Inbox.pruneAudit`. */
export async function pruneAudit(sql: Sql, before: number): Promise<number> {
  const [row] = await sql.rows<{ gone: number }>(
    `WITH gone AS (DELETE FROM crvs_bridge.audit WHERE at < $1 RETURNING id) SELECT count(*) AS gone FROM gone`,
    [before],
  );
  return row?.gone ?? 0;
}
