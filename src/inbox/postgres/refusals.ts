import {
  type KeptRefusal,
  REFUSALS_KEPT,
  type Refusal,
  type RefusalCount,
  type RefusalFilter,
} from '../refusals.ts';
import type { Sql } from './database.ts';
import { stored, told } from './text.ts';

/** See `RefusalWriter`. */
export async function keep(sql: Sql, list: readonly Required<Refusal>[]): Promise<void> {
  await sql.rows(
    `INSERT INTO crvs_bridge.refusals (at, connector, route, sender_id, code, status, reason, field, correlation_id)
     SELECT at, connector, route, "senderId", code, status, reason, field, "correlationId"
     FROM json_to_recordset($1::json) AS new (at bigint, connector text, route text, "senderId" text, code text,
       status integer, reason text, field text, "correlationId" text)`,
    [JSON.stringify(list.map((one) => mapped(one, stored)))],
  );
  // Another replica may be at the same: it deletes what is locked then.
  await sql.rows(
    `DELETE FROM crvs_bridge.refusals WHERE id IN (
       SELECT id FROM crvs_bridge.refusals WHERE id <= (SELECT max(id) FROM crvs_bridge.refusals) - $1
       FOR UPDATE SKIP LOCKED)`,
    [REFUSALS_KEPT],
  );
}

/** See `Refusals.refusals`. */
export async function list(sql: Sql, filter: RefusalFilter): Promise<KeptRefusal[]> {
  const rows = await sql.rows<KeptRefusal>(
    `SELECT id, at, connector, route, sender_id AS "senderId", code, status, reason, field,
            correlation_id AS "correlationId"
     FROM crvs_bridge.refusals
     WHERE ($1::text IS NULL OR connector = $1) AND ($2::text IS NULL OR sender_id = $2)
       AND ($3::text IS NULL OR code = $3) AND ($4::bigint IS NULL OR id < $4)
     ORDER BY id DESC LIMIT $5`,
    [
      stored(filter.connector ?? null),
      stored(filter.senderId ?? null),
      stored(filter.code ?? null),
      filter.before ?? null,
      filter.limit ?? 50,
    ],
  );
  return rows.map((row) => mapped(row, told));
}

/** See `Refusals.pruneRefusals`; there are never so many that one commit would take long. */
export async function prune(sql: Sql, before: number): Promise<number> {
  const [row] = await sql.rows<{ gone: number }>(
    'WITH gone AS (DELETE FROM crvs_bridge.refusals WHERE at < $1 RETURNING id) SELECT count(*) AS gone FROM gone',
    [before],
  );
  return row?.gone ?? 0;
}

/** See `Refusals.refusalCounts`. */
export async function counts(sql: Sql, since: number): Promise<RefusalCount[]> {
  const rows = await sql.rows<RefusalCount>(
    `SELECT connector, code, count(*) AS count FROM crvs_bridge.refusals WHERE at >= $1
     GROUP BY connector, code ORDER BY count DESC, connector, code`,
    [since],
  );
  return rows.map((row) => ({ ...row, connector: told(row.connector), code: told(row.code) }));
}

/** With each text as `one` makes it. */
function mapped<T extends Required<Refusal>>(refusal: T, one: (text: string) => string): T {
  const mappedOrNull = (text: string | null) => (text === null ? null : one(text));
  return {
    ...refusal,
    connector: one(refusal.connector),
    route: mappedOrNull(refusal.route),
    senderId: mappedOrNull(refusal.senderId),
    code: one(refusal.code),
    reason: one(refusal.reason),
    field: mappedOrNull(refusal.field),
    correlationId: one(refusal.correlationId),
  };
}
