import { createHash } from 'node:crypto';
import { InboxUnavailableError } from '../unavailable.ts';
import type { Database } from './database.ts';
import type { Replica } from './lease.ts';

/** Keys that one replica alone holds. */
export class Holds {
  readonly #database: Database;
  readonly #replica: Replica;
  /** By this process, by hash. */
  readonly #held = new Set<string>();
  /** Those that may be this process's in the database, without its knowing: they are freed before anything else. */
  readonly #inDoubt = new Set<string>();
  /** The freeing that is under way. */
  #freeing: Promise<void> | null = null;

  constructor(database: Database, replica: Replica) {
    this.#database = database;
    this.#replica = replica;
  }

  /** Nothing is held any more: others may have it. */
  forget(): void {
    this.#held.clear();
    this.#inDoubt.clear();
  }

  async hold(keys: readonly string[]): Promise<ReadonlySet<string>> {
    const owner = this.#replica.id;
    if (owner === null) throw new InboxUnavailableError('this process does not serve the inbox now');
    await this.freeDoubtful();
    const byHash = new Map(keys.map((key) => [hashOf(key), key]));
    // What is in doubt is still to be freed: held again before that, it would be freed from under its new holder.
    const hashes = [...byHash.keys()]
      .filter((hash) => !this.#held.has(hash) && !this.#inDoubt.has(hash))
      .sort();
    if (hashes.length === 0) return new Set();
    for (const hash of hashes) this.#held.add(hash);
    let got: Set<string>;
    try {
      // A row of its own that it does not know of is left of a call without an answer: it may have it.
      // In the order of the keys: two that ask for the same wait for each other in one direction only.
      const rows = await this.#database.rows<{ key: string }>(
        `INSERT INTO crvs_bridge.holds AS h (key, owner)
         SELECT decode(key, 'hex'), $2 FROM unnest($1::text[]) AS key
         WHERE EXISTS (SELECT 1 FROM crvs_bridge.replicas WHERE id = $2 AND expires_at > clock_timestamp())
         ORDER BY key
         ON CONFLICT (key) DO UPDATE SET owner = excluded.owner
           WHERE h.owner = excluded.owner OR NOT EXISTS (SELECT 1 FROM crvs_bridge.replicas WHERE id = h.owner AND expires_at > clock_timestamp())
         RETURNING encode(h.key, 'hex') AS key`,
        [hashes, owner],
        'hold',
      );
      got = new Set(rows.map(({ key }) => key));
    } catch (error) {
      for (const hash of hashes) {
        this.#held.delete(hash);
        this.#inDoubt.add(hash);
      }
      throw error;
    }
    for (const hash of hashes) if (!got.has(hash)) this.#held.delete(hash);
    if (this.#replica.id !== owner) throw new InboxUnavailableError('the lease on the inbox ended');
    return new Set([...got].map((hash) => byHash.get(hash) as string));
  }

  async free(keys: readonly string[], afterMs = 0): Promise<void> {
    const owner = this.#replica.id;
    const hashes = keys.map(hashOf).filter((hash) => this.#held.has(hash));
    const free = async () => {
      // With another lease, they are free already, or held for something else.
      if (this.#replica.id !== owner) return;
      for (const hash of hashes) this.#inDoubt.add(hash);
      await this.freeDoubtful();
    };
    if (afterMs === 0) await free();
    else setTimeout(() => void free().catch(() => {}), afterMs).unref();
  }

  /**
   * Frees what was to be freed, and what may have been got by a call that failed. One call at a time: a second one for the
   * same keys could free what was held again in between, or forget that it is held.
   */
  async freeDoubtful(): Promise<void> {
    while (this.#freeing) await this.#freeing.catch(() => {});
    if (this.#replica.id === null || this.#inDoubt.size === 0) return;
    this.#freeing = this.#free(this.#replica.id, [...this.#inDoubt].sort()).finally(() => {
      this.#freeing = null;
    });
    await this.#freeing;
  }

  async #free(owner: string, hashes: readonly string[]): Promise<void> {
    await this.#database.rows(
      `DELETE FROM crvs_bridge.holds
       WHERE owner = $2 AND key = ANY(SELECT decode(key, 'hex') FROM unnest($1::text[]) AS key)`,
      [hashes, owner],
      'free',
    );
    // With another lease, all of this is forgotten already.
    if (this.#replica.id !== owner) return;
    for (const hash of hashes) {
      this.#inDoubt.delete(hash);
      this.#held.delete(hash);
    }
  }
}

/** Keys are made of identifiers, which have no business in one more table. */
function hashOf(key: string): string {
  return createHash('sha256').update(key, 'utf16le').digest('hex');
}
