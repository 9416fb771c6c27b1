import { ALONE_FROM } from '../event-queue.ts';
import { INTERRUPTED } from '../settlement.ts';
import type { Sql } from './database.ts';

/** Events in hand, to which an owner is to be added; `giveBack` takes the ids. */
export const GIVEN_BACK_QUERY = "SELECT id FROM crvs_bridge.events WHERE state = 'delivering'";

/** Defers events whose delivery was cut off. Whether one of them is to blame is not known; each is counted. */
export async function giveBack(
  sql: Sql,
  rows: readonly { id: number }[],
  now: number,
  dueAt: number,
): Promise<void> {
  if (rows.length === 0) return;
  const ids = rows.map(({ id }) => id);
  await sql.rows(
    `UPDATE crvs_bridge.events SET state = 'deferred', due_at = $2, owner = NULL, reason = '${INTERRUPTED}',
            failures = least(failures + 1, greatest(failures, ${ALONE_FROM}))
     WHERE id = ANY($1::bigint[])`,
    [ids, dueAt],
  );
  await sql.rows(
    `UPDATE crvs_bridge.attempts SET ended_at = $2, outcome = '${INTERRUPTED}'
     WHERE event = ANY($1::bigint[]) AND ended_at IS NULL`,
    [ids, now],
  );
}
