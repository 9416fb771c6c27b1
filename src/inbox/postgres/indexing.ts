import { identifierHashes } from '../identifier-hash.ts';
import { keptIdentifiers } from '../kept-identifiers.ts';
import type { Database, Sql } from './database.ts';
import { unavailable } from './failure.ts';

/** Milliseconds after a commit until its events are indexed, with all that came meanwhile. */
const INDEX_AFTER_MS = 1000;
/** Rows of `unindexed`, and of their events, that one transaction indexes at most. */
const ROWS_AT_ONCE = 20;
const EVENTS_AT_ONCE = 5000;

/**
 * The search hashes of events, which no acknowledgement needs, are written after it. Each commit of messages leaves a
 * row in `unindexed` that names its events, and that row goes with the hashes' commit. So a crash loses nothing: the
 * next bridge that indexes takes up what any of them left.
 */
export class Indexing {
  readonly #database: Database;
  readonly #onResult: (failure: string | null) => void;
  #timer: NodeJS.Timeout | undefined;
  #fails = false;
  #closed = false;

  /** @param onResult called with why it failed each time that it does, and with null once it works again */
  constructor(database: Database, onResult: (failure: string | null) => void) {
    this.#database = database;
    this.#onResult = onResult;
  }

  /** To be called after a commit of messages. */
  plan(): void {
    if (this.#timer !== undefined || this.#closed) return;
    this.#timer = setTimeout(async () => {
      await this.indexAll().catch(() => {});
      this.#timer = undefined;
      if (this.#fails) this.plan();
    }, INDEX_AFTER_MS);
    this.#timer.unref();
  }

  /** Indexes all events that are not, so that who reads next finds them. Where it fails, it is planned again. */
  async indexAll(): Promise<void> {
    try {
      while (await this.#isAnyLeft()) await this.#database.transaction(index);
    } catch (error) {
      if (this.#closed) throw error;
      this.#fails = true;
      this.#onResult(unavailable(error).message);
      this.plan();
      throw error;
    }
    if (this.#fails) this.#onResult(null);
    this.#fails = false;
  }

  async #isAnyLeft(): Promise<boolean> {
    const [found] = await this.#database.rows<{ any: boolean }>(
      'SELECT EXISTS (SELECT 1 FROM crvs_bridge.unindexed) AS any',
      [],
    );
    return found?.any ?? false;
  }

  stop(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }
}

/**
 * Rows that another one is indexing at this moment are waited for: they are gone then. So many at a time that one step
 * ends in time, however long nothing could be indexed.
 */
async function index(sql: Sql): Promise<void> {
  const events = await sql.rows<{ id: number; identifiers: string }>(
    `WITH locked AS MATERIALIZED (
       SELECT ctid AS place, cardinality(events) AS size FROM crvs_bridge.unindexed LIMIT ${ROWS_AT_ONCE} FOR UPDATE
     ), counted AS (
       SELECT place, size, sum(size) OVER (ROWS UNBOUNDED PRECEDING) AS up_to_here FROM locked
     ), gone AS (
       DELETE FROM crvs_bridge.unindexed
       WHERE ctid = ANY(ARRAY(SELECT place FROM counted WHERE up_to_here - size < ${EVENTS_AT_ONCE}))
       RETURNING events
     )
     SELECT id, identifiers FROM crvs_bridge.events WHERE id IN (SELECT unnest(events) FROM gone)`,
  );
  const hashes = events.flatMap(({ id, identifiers }) =>
    identifierHashes(keptIdentifiers(identifiers) ?? []).map((hash) => ({ hash, event: id })),
  );
  if (hashes.length === 0) return;
  // In the order of the index: neighbours share a page, and two that write wait for each other in one direction only.
  await sql.rows(
    `INSERT INTO crvs_bridge.identifiers (hash, event)
     SELECT hash, event FROM json_to_recordset($1::json) AS new (hash bigint, event bigint) ORDER BY hash, event
     ON CONFLICT DO NOTHING`,
    [JSON.stringify(hashes)],
  );
}
