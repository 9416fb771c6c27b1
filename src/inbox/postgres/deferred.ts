import type { DeferredCount, DeferredEvent } from '../inbox.ts';
import type { Sql } from './database.ts';

/** Why an event was given back last is the outcome of its last attempt. */
const REASON =
  '(SELECT a.outcome FROM crvs_bridge.attempts a WHERE a.event = e.id ORDER BY a.id DESC LIMIT 1) AS reason';

/** See `Inbox.deferredFor`. */
export function deferredFor(
  sql: Sql,
  reasons: readonly string[],
  after: number,
  limit: number,
): Promise<DeferredEvent[]> {
  return sql.rows<DeferredEvent>(
    `SELECT * FROM (
       SELECT e.id, e.type, e.odoo_event_id AS "odooEventId", ${REASON}
       FROM crvs_bridge.events e WHERE e.state = 'deferred' AND e.id > $1
     ) AS one WHERE reason = ANY($2::text[]) ORDER BY id LIMIT $3`,
    [after, reasons, limit],
  );
}

/** See `Inbox.deferredCounts`. */
export function deferredCounts(sql: Sql): Promise<DeferredCount[]> {
  return sql.rows<DeferredCount>(
    `SELECT type, reason, count(*)::integer AS count, min(received_at) AS "oldestAt" FROM (
       SELECT e.type, e.received_at, ${REASON} FROM crvs_bridge.events e WHERE e.state = 'deferred'
     ) AS one WHERE reason IS NOT NULL GROUP BY type, reason ORDER BY type, reason`,
  );
}
