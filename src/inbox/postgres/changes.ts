import type { Identifier } from '../../events/vital-event.ts';
import { identifierHashes } from '../identifier-hash.ts';
import type { EventFilter } from '../inbox.ts';
import { SET_ASIDE } from '../settlement.ts';
import type { Database, Sql } from './database.ts';
import { conditionsOf } from './rows.ts';

/** How many one commit changes: small ones, so that nobody waits long for one. */
const SLICE = 500;

/** See `Inbox.retry`. */
export async function retry(database: Database, ids: readonly number[]): Promise<number[]> {
  if (ids.length === 0) return [];
  const found = await database.transaction(async (sql) => {
    await lock(sql, ids, "state IN ('settled', 'deferred', 'dead')");
    const rows = await sql.rows<{ id: number; message: number }>(
      `UPDATE crvs_bridge.events SET state = 'waiting', outcome = NULL, settled_at = NULL, error_message = NULL,
              notes = NULL, due_at = NULL, match_at = NULL, failures = 0, reason = NULL
       WHERE id = ANY($1::bigint[]) AND state IN ('settled', 'deferred', 'dead')
       RETURNING id, message`,
      [ids],
    );
    await reopen(
      sql,
      rows.map(({ message }) => message),
    );
    return new Set(rows.map(({ id }) => id));
  });
  return [...new Set(ids)].filter((id) => found.has(id));
}

/**
 * See `Inbox.retryAll`.
 *
 * @param onWaiting called after each commit that made events wait
 */
export async function retryAll(
  database: Database,
  filter: EventFilter,
  onWaiting: () => void,
  onProgress?: (count: number) => void,
): Promise<number> {
  const { where, values } = conditionsOf(filter);
  let total = 0;
  for (let after = 0; ; ) {
    const rows = await database.rows<{ id: number }>(
      `SELECT e.id FROM crvs_bridge.events e JOIN crvs_bridge.messages m ON m.id = e.message
       WHERE ${[...where, `e.id > $${values.length + 1}`].join(' AND ')} AND e.state IN ('settled', 'deferred', 'dead')
       ORDER BY e.id LIMIT ${SLICE}`,
      [...values, after],
    );
    const last = rows.at(-1);
    if (!last) return total;
    const { length } = await retry(
      database,
      rows.map(({ id }) => id),
    );
    total += length;
    if (length > 0) onWaiting();
    onProgress?.(total);
    after = last.id;
  }
}

/** See `Inbox.setAside`. */
export async function setAside(database: Database, ids: readonly number[]): Promise<number[]> {
  if (ids.length === 0) return [];
  const which = "(state IN ('waiting', 'deferred') OR outcome = 'error')";
  const found = await database.transaction(async (sql) => {
    await lock(sql, ids, which);
    const rows = await sql.rows<{ id: number; message: number }>(
      `UPDATE crvs_bridge.events SET state = 'dead', outcome = NULL, settled_at = NULL, due_at = NULL, match_at = NULL,
              reason = '${SET_ASIDE}'
       WHERE id = ANY($1::bigint[]) AND ${which} RETURNING id, message`,
      [ids],
    );
    await reopen(
      sql,
      rows.map(({ message }) => message),
    );
    return new Set(rows.map(({ id }) => id));
  });
  return [...new Set(ids)].filter((id) => found.has(id));
}

/** Locks events in one order everywhere, so that two that change the same wait for each other in one direction. */
async function lock(sql: Sql, ids: readonly number[], which: string): Promise<void> {
  await sql.rows(
    `SELECT 1 FROM crvs_bridge.events WHERE id = ANY($1::bigint[]) AND ${which} ORDER BY id FOR UPDATE`,
    [ids],
  );
}

/** Their messages are settled no longer. */
async function reopen(sql: Sql, inboxIds: readonly number[]): Promise<void> {
  if (inboxIds.length === 0) return;
  await sql.rows(
    `UPDATE crvs_bridge.messages SET settled_at = NULL
     WHERE id = ANY(ARRAY(SELECT id FROM crvs_bridge.messages WHERE id = ANY($1::bigint[]) ORDER BY id
                          FOR NO KEY UPDATE))`,
    [inboxIds],
  );
}

/** See `Inbox.matchAgain`. */
export async function matchAgain(
  database: Database,
  times: readonly { id: number; at: number | null }[],
): Promise<void> {
  if (times.length === 0) return;
  await database.transaction(async (sql) => {
    await lock(
      sql,
      times.map(({ id }) => id),
      "outcome = 'error'",
    );
    await sql.rows(
      `UPDATE crvs_bridge.events e SET match_at = told.at
       FROM json_to_recordset($1::json) AS told (id bigint, at bigint)
       WHERE e.id = told.id AND e.outcome = 'error'`,
      [JSON.stringify(times)],
    );
  });
}

/** See `Inbox.prune`. */
export async function prune(database: Database, before: number): Promise<number> {
  for (let total = 0; ; ) {
    const gone = await database.transaction(async (sql) => {
      const rows = await sql.rows<{ id: number }>(
        `SELECT id FROM crvs_bridge.messages WHERE settled_at < $1 ORDER BY settled_at LIMIT ${SLICE}
         FOR UPDATE SKIP LOCKED`,
        [before],
      );
      const ids = rows.map(({ id }) => id);
      if (ids.length === 0) return 0;
      const events = await sql.rows<{ id: number; identifiers: string }>(
        `WITH event AS (DELETE FROM crvs_bridge.events WHERE message = ANY($1::bigint[]) RETURNING id, identifiers),
              attempt AS (DELETE FROM crvs_bridge.attempts WHERE event IN (SELECT id FROM event))
         SELECT id, identifiers FROM event`,
        [ids],
      );
      await sql.rows('DELETE FROM crvs_bridge.answers WHERE message = ANY($1::bigint[])', [ids]);
      const hashes = events.flatMap(({ id, identifiers }) =>
        identifierHashes(JSON.parse(identifiers) as Identifier[]).map((hash) => ({ hash, event: id })),
      );
      await sql.rows(
        `DELETE FROM crvs_bridge.identifiers i USING json_to_recordset($1::json) AS gone (hash bigint, event bigint)
         WHERE i.hash = gone.hash AND i.event = gone.event`,
        [JSON.stringify(hashes)],
      );
      await sql.rows('DELETE FROM crvs_bridge.messages WHERE id = ANY($1::bigint[])', [ids]);
      return ids.length;
    });
    total += gone;
    if (gone < SLICE) return total;
  }
}
