import type { Identifier } from '../../events/vital-event.ts';
import { identifierHashes } from '../identifier-hash.ts';
import type { Database, Sql } from './database.ts';

/** Milliseconds after a commit until its events are indexed, with all that came meanwhile. */
const INDEX_AFTER_MS = 1000;
/** Commits of messages, each of 500 at most, that are indexed in one transaction. */
const COMMITS_AT_ONCE = 20;

/**
 * The search hashes of events, which no acknowledgement needs, are written after it. Each commit of messages leaves a
 * row in `unindexed` that names its events, and that row goes with the hashes' commit. So a crash loses nothing: the
 * next bridge that indexes takes up what any of them left.
 */
export class Indexing {
  readonly #database: Database;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(database: Database) {
    this.#database = database;
  }

  /** To be called after a commit of messages. */
  plan(): void {
    if (this.#timer !== undefined || this.#closed) return;
    this.#timer = setTimeout(async () => {
      // Where it fails, the rows wait for the next indexing.
      await this.indexAll().catch(() => {});
      this.#timer = undefined;
    }, INDEX_AFTER_MS);
    this.#timer.unref();
  }

  /** Indexes all events that are not, so that who reads next finds them. */
  async indexAll(): Promise<void> {
    while (await this.#isAnyLeft()) await this.#database.transaction(index);
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
    `WITH gone AS (
       DELETE FROM crvs_bridge.unindexed
       WHERE ctid = ANY(ARRAY(SELECT ctid FROM crvs_bridge.unindexed LIMIT ${COMMITS_AT_ONCE} FOR UPDATE))
       RETURNING events
     )
     SELECT id, identifiers FROM crvs_bridge.events WHERE id IN (SELECT unnest(events) FROM gone)`,
  );
  const hashes = events.flatMap(({ id, identifiers }) =>
    identifierHashes(JSON.parse(identifiers) as Identifier[]).map((hash) => ({ hash, event: id })),
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
