import { type Chunk, readChunk } from './chunk.ts';
import type { Documents, Screening } from './job.ts';
import { isPlain, type Result } from './result.ts';

/**
 * The plain answers that earlier screenings got, for those that need not be asked again. The people of every screening
 * are in ascending order, so that each earlier one is read through once, a chunk at a time.
 */
export class EarlierAnswers {
  readonly #cursors: Cursor[];

  /**
   * @param screenings all that there are
   * @param of what is to be screened now
   */
  constructor(documents: Pick<Documents, 'getDocument'>, screenings: readonly Screening[], of: Screening) {
    const { kind, source } = of.plan;
    this.#cursors = screenings
      .filter(({ id, plan }) => id !== of.id && plan.kind === kind && plan.source === source)
      .map(({ id }) => new Cursor(documents, id));
  }

  /**
   * The latest plain answer about each of these people; none where there is none.
   *
   * @param people ascending, and behind those of the last call
   */
  async about(people: readonly number[]): Promise<Map<number, Result>> {
    const latest = new Map<number, Result>();
    for (const cursor of this.#cursors) {
      for (const result of await cursor.about(people)) {
        const known = latest.get(result.id);
        if (!known || (known.askedAt ?? 0) < (result.askedAt ?? 0)) latest.set(result.id, result);
      }
    }
    return latest;
  }
}

class Cursor {
  readonly #documents: Pick<Documents, 'getDocument'>;
  readonly #id: string;
  #number = -1;
  #chunk: Chunk | null = { people: [], results: [], pending: [] };

  constructor(documents: Pick<Documents, 'getDocument'>, id: string) {
    this.#documents = documents;
    this.#id = id;
  }

  async about(people: readonly number[]): Promise<Result[]> {
    const wanted = new Set(people);
    const [first = 0] = people;
    const last = people.at(-1) ?? 0;
    const found: Result[] = [];
    while (this.#chunk !== null) {
      const { people: there, results } = this.#chunk;
      if ((there[0] ?? 0) > last) break;
      for (const result of (there.at(-1) ?? 0) < first ? [] : (results ?? [])) {
        if (wanted.has(result.id) && isPlain(result)) found.push(result);
      }
      if ((there.at(-1) ?? 0) > last) break;
      this.#number += 1;
      this.#chunk = (await readChunk(this.#documents, this.#id, this.#number))?.chunk ?? null;
    }
    return found;
  }
}
