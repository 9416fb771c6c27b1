import type { AuditEntry, AuditFilter, KeptAuditEntry } from '../audit.ts';
import type { Sql } from './connection.ts';

/** See `AuditTrail`. */
export function auditTrail(sql: Sql) {
  return {
    audit({ at, actor, address, action, eventId, count }: AuditEntry): void {
      sql.run(
        'INSERT INTO audit (at, actor, address, action, event, count) VALUES (?, ?, ?, ?, ?, ?)',
        at,
        actor,
        address,
        action,
        eventId,
        count,
      );
    },

    auditTrail({ limit = 50, before, eventId }: AuditFilter): KeptAuditEntry[] {
      const where = [
        ...(before === undefined ? [] : ['id < ?']),
        ...(eventId === undefined ? [] : ['event = ?']),
      ];
      const values = [before, eventId].filter((value) => value !== undefined);
      return sql.all(
        `SELECT id, at, actor, address, action, event AS eventId, count FROM audit
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
