import type { AuditEntry, AuditFilter, AuditTrail, KeptAuditEntry } from '../audit.ts';
import type { Sql } from './database.ts';
import { stored, told } from './text.ts';

/** See `AuditTrail`. */
export function auditTrail(sql: Sql): AuditTrail {
  return {
    async audit({ at, actor, address, action, eventId, count }: AuditEntry): Promise<void> {
      await sql.rows(
        `INSERT INTO crvs_bridge.audit (at, actor, address, action, event, count) VALUES ($1, $2, $3, $4, $5, $6)`,
        [at, stored(actor), stored(address), action, eventId, count],
      );
    },

    async auditTrail({ limit = 50, before, eventId }: AuditFilter): Promise<KeptAuditEntry[]> {
      const rows = await sql.rows<KeptAuditEntry>(
        `SELECT id, at, actor, address, action, event AS "eventId", count FROM crvs_bridge.audit
         WHERE ($2::bigint IS NULL OR id < $2) AND ($3::bigint IS NULL OR event = $3) ORDER BY id DESC LIMIT $1`,
        [limit, before ?? null, eventId ?? null],
      );
      return rows.map((row) => ({ ...row, actor: told(row.actor), address: told(row.address) }));
    },

    async pruneAudit(before: number): Promise<number> {
      const [row] = await sql.rows<{ gone: number }>(
        `WITH gone AS (DELETE FROM crvs_bridge.audit WHERE at < $1 RETURNING id) SELECT count(*) AS gone FROM gone`,
        [before],
      );
      return row?.gone ?? 0;
    },
  };
}
