import type { DeferredCount, DeferredEvent } from '../inbox.ts';
import type { StoreSql } from './questions.ts';

/** Why an event was given back last is the outcome of its last attempt. */
const REASON = '(SELECT outcome FROM attempts WHERE event = e.id ORDER BY id DESC LIMIT 1)';

/** See `Inbox.deferredFor`. */
export function deferredFor(
  sql: StoreSql,
  reasons: readonly string[],
  after: number,
  limit: number,
): DeferredEvent[] {
  return sql.all<DeferredEvent>(
    `SELECT * FROM (
       SELECT e.id, e.type, e.odoo_event_id AS odooEventId, ${REASON} AS reason
       FROM events e WHERE e.state = 'deferred' AND e.id > ?
     ) WHERE reason IN (SELECT value FROM json_each(?)) ORDER BY id LIMIT ?`,
    after,
    JSON.stringify(reasons),
    limit,
  );
}

/** See `Inbox.deferredCounts`. */
export function deferredCounts(sql: StoreSql): DeferredCount[] {
  return sql.all<DeferredCount>(
    `SELECT type, reason, count(*) AS count, min(received_at) AS oldestAt FROM (
       SELECT e.type, e.received_at, ${REASON} AS reason FROM events e WHERE e.state = 'deferred'
     ) WHERE reason IS NOT NULL GROUP BY type, reason ORDER BY type, reason`,
  );
}
