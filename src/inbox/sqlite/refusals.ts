import {
  type KeptRefusal,
  REFUSALS_KEPT,
  type Refusal,
  type RefusalCount,
  type RefusalFilter,
} from '../refusals.ts';
import type { Sql } from './connection.ts';

/** Writes refusals in the transaction that is open, and deletes all but the newest `REFUSALS_KEPT`. */
export function insertRefusals(sql: Sql, list: readonly Required<Refusal>[]): void {
  for (const one of list) {
    sql.run(
      `INSERT INTO refusals (at, connector, route, sender_id, code, status, reason, field, correlation_id)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      one.at,
      one.connector,
      one.route,
      one.senderId,
      one.code,
      one.status,
      one.reason,
      one.field,
      one.correlationId,
    );
  }
  sql.run('DELETE FROM refusals WHERE id <= (SELECT max(id) FROM refusals) - ?', REFUSALS_KEPT);
}

/** See `Refusals`. */
export function refusals(sql: Sql) {
  return {
    keepRefusals(list: readonly Required<Refusal>[]): void {
      sql.transaction(() => insertRefusals(sql, list));
    },

    refusals(filter: RefusalFilter): KeptRefusal[] {
      const conditions = [
        ['connector = ?', filter.connector],
        ['sender_id = ?', filter.senderId],
        ['code = ?', filter.code],
        ['reason = ?', filter.reason],
        ['id < ?', filter.before],
      ] as const;
      const given = conditions.filter(([, value]) => value !== undefined);
      return sql.all(
        `SELECT id, at, connector, route, sender_id AS senderId, code, status, reason, field,
                correlation_id AS correlationId
         FROM refusals ${given.length > 0 ? `WHERE ${given.map(([condition]) => condition).join(' AND ')}` : ''}
         ORDER BY id DESC LIMIT ?`,
        ...given.map(([, value]) => value ?? null),
        filter.limit ?? 50,
      );
    },

    pruneRefusals(before: number): number {
      return Number(sql.run('DELETE FROM refusals WHERE at < ?', before).changes);
    },

    refusalCounts(since: number): RefusalCount[] {
      return sql.all(
        `SELECT sender_id AS senderId, connector, code, reason, count(*) AS count, max(at) AS lastAt FROM refusals
         WHERE at >= ? GROUP BY sender_id, connector, code, reason ORDER BY count DESC, connector, code, reason`,
        since,
      );
    },
  };
}
