import type { EventStatus } from '../event-status.ts';
import type { GroupCommit } from '../group-commit.ts';
import { identifierHashes } from '../identifier-hash.ts';
import { keptIdentifiers } from '../kept-identifiers.ts';
import type { Messages } from '../messages.ts';
import type { SettledWaiters } from '../settled-waiters.ts';
import type { Database, Sql } from './database.ts';
import type { Indexing } from './indexing.ts';
import { restored, stored } from './text.ts';

/** How many one commit deletes: small ones, so that nobody waits long for one. */
const SLICE = 500;
/** Milliseconds between looks at what other replicas settled, while somebody waits for it. */
const SETTLED_POLL_MS = 250;

/** See `Messages`; `stop` lets nobody wait any longer. */
export function messages(
  database: Database,
  commits: GroupCommit,
  indexing: Indexing,
  waiters: SettledWaiters,
): Messages & { stop(): void } {
  let poll: NodeJS.Timeout | undefined;
  let stopped = false;
  /** Other replicas send no word of what they settle: this looks for it, for all who wait at once. */
  const planPoll = () => {
    if (stopped || poll !== undefined || waiters.inboxIds.length === 0) return;
    poll = setTimeout(async () => {
      try {
        const statuses = await statusesOf(database, waiters.inboxIds);
        for (const [inboxId, events] of statuses) {
          if (events.every(({ state }) => state === 'settled')) waiters.tell(inboxId, events);
        }
      } catch {
        // They hear of it when their own time is over, and they look.
      }
      poll = undefined;
      planPoll();
    }, SETTLED_POLL_MS);
    poll.unref();
  };
  return {
    accept: (message) => commits.accept(message),

    waitSettled(inboxId, timeoutMs, signal) {
      const waited = waiters.wait(inboxId, timeoutMs, signal, async () => {
        const statuses = await statusesOf(database, [inboxId]);
        return statuses.get(inboxId) ?? [];
      });
      planPoll();
      return waited;
    },

    async lastMessages(senderIds: readonly string[]): Promise<Map<string, number>> {
      const rows = await database.rows<{ sender: string; at: number }>(
        `SELECT wanted.sender, last.at FROM unnest($1::text[]) AS wanted (sender)
         CROSS JOIN LATERAL (
           SELECT received_at AS at FROM crvs_bridge.messages
           WHERE md5(sender_id) = md5(wanted.sender) AND sender_id = wanted.sender ORDER BY id DESC LIMIT 1) last`,
        [senderIds.map((sender) => stored(sender))],
      );
      return new Map(rows.map(({ sender, at }) => [restored(sender), at]));
    },

    async prune(before: number): Promise<number> {
      await indexing.indexAll();
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
            identifierHashes(keptIdentifiers(identifiers) ?? []).map((hash) => ({ hash, event: id })),
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
    },

    stop() {
      stopped = true;
      clearTimeout(poll);
      waiters.wake();
    },
  };
}

/** The states of messages' events, by message; one that is not there has none. */
export async function statusesOf(sql: Sql, inboxIds: readonly number[]): Promise<Map<number, EventStatus[]>> {
  const statuses = new Map<number, EventStatus[]>(inboxIds.map((id) => [id, []]));
  const rows = await sql.rows<EventStatus & { message: number }>(
    `SELECT message, id, state, outcome, odoo_event_id AS "odooEventId" FROM crvs_bridge.events
     WHERE message = ANY($1::bigint[]) ORDER BY id`,
    [inboxIds],
    'statuses',
  );
  for (const { message, ...status } of rows) statuses.get(message)?.push(status);
  return statuses;
}
