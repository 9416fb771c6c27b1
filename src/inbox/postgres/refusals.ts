import {
  type KeptRefusal,
  REFUSALS_KEPT,
  type Refusal,
  type RefusalCount,
  type RefusalFilter,
  type Refusals,
  RefusalWriter,
} from '../refusals.ts';
import type { Database, Sql } from './database.ts';
import { restored, stored } from './text.ts';

/** See `Refusals`. */
export function refusals(database: Database): Refusals & { close(): Promise<void> } {
  const writer = new RefusalWriter((list) => database.transaction((sql) => keep(sql, list)));
  return {
    keepRefusals: (list) => writer.keep(list),

    async refusals(filter: RefusalFilter): Promise<KeptRefusal[]> {
      await writer.flush();
      const rows = await database.rows<KeptRefusal>(
        `SELECT id, at, connector, route, sender_id AS "senderId", code, status, reason, field,
                correlation_id AS "correlationId"
         FROM crvs_bridge.refusals
         WHERE ($1::text IS NULL OR connector = $1) AND ($2::text IS NULL OR sender_id = $2)
           AND ($3::text IS NULL OR code = $3) AND ($4::bigint IS NULL OR id < $4)
           AND ($6::text IS NULL OR reason = $6)
         ORDER BY id DESC LIMIT $5`,
        [
          stored(filter.connector ?? null),
          stored(filter.senderId ?? null),
          stored(filter.code ?? null),
          filter.before ?? null,
          filter.limit ?? 50,
          stored(filter.reason ?? null),
        ],
      );
      return rows.map((row) => mapped(row, restored));
    },

    async pruneRefusals(before: number): Promise<number> {
      await writer.flush();
      const [row] = await database.rows<{ gone: number }>(
        'WITH gone AS (DELETE FROM crvs_bridge.refusals WHERE at < $1 RETURNING id) SELECT count(*) AS gone FROM gone',
        [before],
      );
      return row?.gone ?? 0;
    },

    async refusalCounts(since: number): Promise<RefusalCount[]> {
      await writer.flush();
      const rows = await database.rows<RefusalCount>(
        `SELECT sender_id AS "senderId", connector, code, reason, count(*) AS count, max(at) AS "lastAt"
         FROM crvs_bridge.refusals WHERE at >= $1
         GROUP BY sender_id, connector, code, reason ORDER BY count DESC, connector, code, reason`,
        [since],
      );
      return rows.map((row) => ({
        ...row,
        senderId: restored(row.senderId),
        connector: restored(row.connector),
        code: restored(row.code),
        reason: restored(row.reason),
      }));
    },

    close: () => writer.close(),
  };
}

/**
 * Writes the refusals of a parameter that `refusalRows` made.
 *
 * @param rows the parameter, such as `$1`
 * @param more what else is joined
 */
export const insertRefusals = (rows: string, more = '') => `
  INSERT INTO crvs_bridge.refusals (at, connector, route, sender_id, code, status, reason, field, correlation_id)
  SELECT at, connector, route, "senderId", code, status, reason, field, "correlationId"
  FROM json_to_recordset(${rows}::json) AS refused (at bigint, connector text, route text, "senderId" text, code text,
    status integer, reason text, field text, "correlationId" text, message uuid) ${more}`;

/** Refusals for `insertRefusals`. */
export const refusalRows = (list: readonly Required<Refusal>[]) => list.map((one) => mapped(one, stored));

/** See `RefusalWriter`. */
async function keep(sql: Sql, list: readonly Required<Refusal>[]): Promise<void> {
  await sql.rows(insertRefusals('$1'), [JSON.stringify(refusalRows(list))]);
  await deleteOldRefusals(sql);
}

/** Deletes all but the newest `REFUSALS_KEPT`. */
export async function deleteOldRefusals(sql: Sql): Promise<void> {
  // Another replica may be at the same: it deletes what is locked then.
  await sql.rows(
    `DELETE FROM crvs_bridge.refusals WHERE id IN (
       SELECT id FROM crvs_bridge.refusals WHERE id <= (SELECT max(id) FROM crvs_bridge.refusals) - $1
       FOR UPDATE SKIP LOCKED)`,
    [REFUSALS_KEPT],
  );
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
