import type { AuditEntry, AuditFilter, KeptAuditEntry } from '../audit.ts';
import type { Sql } from './connection.ts';

/** See `AuditTrail`. */
export function auditTrail(sql: Sql) {
  const addEvents = (id: number, eventIds: readonly number[]) =>
    sql.run(
      'INSERT OR IGNORE INTO audit_events (audit, event) SELECT ?, value FROM json_each(?)',
      id,
      JSON.stringify(eventIds),
    );
  return {
    audit(
      { at, actor, address, action, eventId, count, filter }: AuditEntry,
      eventIds: readonly number[] = [],
    ) {
      return sql.transaction((): number => {
        const { lastInsertRowid } = sql.run(
          'INSERT INTO audit (at, actor, address, action, event, count, filter) VALUES (?, ?, ?, ?, ?, ?, ?)',
          at,
          actor,
          address,
          action,
          eventId,
          count,
          filter,
        );
        const id = Number(lastInsertRowid);
        addEvents(id, eventIds);
        return id;
      });
    },

    extendAudit(id: number, eventIds: readonly number[]): void {
      sql.transaction(() => {
        sql.run('UPDATE audit SET count = count + ? WHERE id = ?', eventIds.length, id);
        addEvents(id, eventIds);
      });
    },

    auditTrail({ limit = 50, before, eventId }: AuditFilter): KeptAuditEntry[] {
      const where = [
        ...(before === undefined ? [] : ['id < ?']),
        ...(eventId === undefined
          ? []
          : ['(event = ? OR id IN (SELECT audit FROM audit_events WHERE event = ?))']),
      ];
      const values = [before, eventId, eventId].filter((value) => value !== undefined);
      return sql.all(
        `SELECT id, at, actor, address, action, event AS eventId, count, filter FROM audit
         ${where.length > 0 ? `WHERE ${where.join(' AND ')}` : ''} ORDER BY id DESC LIMIT ?`,
        ...values,
        limit,
      );
    },

    /** Deletes up to `limit` traces from before `before`. */
    pruneAudit(before: number, limit: number): number {
      return Number(
        sql.run('DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE at < ? LIMIT ?)', before, limit)
          .changes,
      );
    },
  };
}
