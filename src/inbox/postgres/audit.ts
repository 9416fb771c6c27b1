import type { AuditEntry, AuditFilter, AuditTrail, KeptAuditEntry } from '../audit.ts';
import type { Database, Sql } from './database.ts';
import { restored, stored } from './text.ts';

/** See `AuditTrail`. */
export function auditTrail(database: Database): AuditTrail {
  return {
    audit(
      { at, actor, address, action, eventId, count, filter }: AuditEntry,
      eventIds = [],
    ): Promise<number> {
      return database.transaction(async (sql) => {
        const [row] = await sql.rows<{ id: number }>(
          `INSERT INTO crvs_bridge.audit (at, actor, address, action, event, count, filter)
           VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id`,
          [at, stored(actor), stored(address), action, eventId, count, stored(filter)],
        );
        const id = row?.id ?? 0;
        await addEvents(sql, id, eventIds);
        return id;
      });
    },

    extendAudit(id: number, eventIds: readonly number[]): Promise<void> {
      return database.transaction(async (sql) => {
        await sql.rows('UPDATE crvs_bridge.audit SET count = count + $2 WHERE id = $1', [
          id,
          eventIds.length,
        ]);
        await addEvents(sql, id, eventIds);
      });
    },

    async auditTrail({ limit = 50, before, eventId }: AuditFilter): Promise<KeptAuditEntry[]> {
      const rows = await database.rows<KeptAuditEntry>(
        `SELECT id, at, actor, address, action, event AS "eventId", count, filter FROM crvs_bridge.audit
         WHERE ($2::bigint IS NULL OR id < $2) AND ($3::bigint IS NULL OR event = $3 OR id IN (SELECT audit FROM crvs_bridge.audit_events WHERE event = $3))
         ORDER BY id DESC LIMIT $1`,
        [limit, before ?? null, eventId ?? null],
      );
      return rows.map((row) => ({
        ...row,
        actor: restored(row.actor),
        address: restored(row.address),
        filter: restored(row.filter),
      }));
    },

    async pruneAudit(before: number): Promise<number> {
      const [row] = await database.rows<{ gone: number }>(
        `WITH gone AS (DELETE FROM crvs_bridge.audit WHERE at < $1 RETURNING id) SELECT count(*) AS gone FROM gone`,
        [before],
      );
      return row?.gone ?? 0;
    },
  };
}

async function addEvents(sql: Sql, id: number, eventIds: readonly number[]): Promise<void> {
  if (eventIds.length === 0) return;
  await sql.rows(
    'INSERT INTO crvs_bridge.audit_events (audit, event) SELECT $1, unnest($2::bigint[]) ON CONFLICT DO NOTHING',
    [id, eventIds],
  );
}
