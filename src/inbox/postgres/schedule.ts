import type { Database } from './database.ts';
import type { Replica } from './lease.ts';

/** How much earlier than its time a piece of work may begin: timers are not exact. */
const EARLY_MS = 5;
/** The longest that Node's timers take. */
const LONGEST_MS = 2_147_483_647;

/**
 * Does a piece of work every so often, on one replica at a time: who finds it due takes it, for as long as its lease
 * lasts. A replica looks when the work falls due, and as often as `everyMs` while another one is at it.
 *
 * @returns stops it, and resolves when what is under way has ended
 */
export function scheduleShared(
  database: Database,
  replica: Replica,
  name: string,
  everyMs: number,
  work: () => Promise<void>,
  onError: (error: unknown) => void,
): () => Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let running: Promise<void> = Promise.resolve();
  const plan = (inMs: number) => {
    if (stopped) return;
    timer = setTimeout(
      () => {
        running = run().then(plan);
      },
      Math.min(inMs, LONGEST_MS),
    );
    timer.unref();
  };
  /** @returns milliseconds until the next look */
  const run = async (): Promise<number> => {
    try {
      const owner = replica.id;
      if (owner === null) return Math.min(everyMs, 1000);
      const waitMs = await take(database, name, everyMs, owner);
      if (waitMs > 0) return waitMs;
      const begun = performance.now();
      try {
        await work();
      } catch (error) {
        onError(error);
      }
      await giveUp(database, name, owner);
      const left = everyMs - (performance.now() - begun);
      // Whole times are left out that passed meanwhile.
      return left >= 0 ? left : everyMs - (-left % everyMs);
    } catch (error) {
      onError(error);
      return Math.min(everyMs, 1000);
    }
  };
  running = run().then(plan);
  return async () => {
    stopped = true;
    clearTimeout(timer);
    await running;
  };
}

/** @returns 0 where it is this replica's now, else the milliseconds until it is worth asking again */
async function take(database: Database, name: string, everyMs: number, owner: string): Promise<number> {
  const [taken] = await database.rows(
    // A start in the future is from before the database's clock was set back.
    `INSERT INTO crvs_bridge.schedules AS s (name, owner, started_at) VALUES ($1, $2, clock_timestamp())
     ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, started_at = clock_timestamp()
       WHERE (s.owner IS NULL OR s.owner = $2 OR NOT EXISTS
               (SELECT 1 FROM crvs_bridge.replicas WHERE id = s.owner AND expires_at > clock_timestamp()))
         AND (s.started_at <= clock_timestamp() - $3 * interval '1 ms' OR s.started_at > clock_timestamp())
     RETURNING 1`,
    [name, owner, Math.max(0, everyMs - EARLY_MS)],
    'schedule-take',
  );
  if (taken) return 0;
  const [row] = await database.rows<{ wait: number }>(
    `SELECT $2::float8 - 1000 * extract(epoch FROM clock_timestamp() - started_at)::float8 AS wait
     FROM crvs_bridge.schedules WHERE name = $1`,
    [name, everyMs],
    'schedule-wait',
  );
  // Past its time and yet not to be had: somebody is at it.
  const wait = Number(row?.wait ?? everyMs);
  return wait > 0 ? Math.min(wait, everyMs) : everyMs;
}

async function giveUp(database: Database, name: string, owner: string): Promise<void> {
  await database.rows(
    'UPDATE crvs_bridge.schedules SET owner = NULL WHERE name = $1 AND owner = $2',
    [name, owner],
    'schedule-give-up',
  );
}
