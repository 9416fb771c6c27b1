import { randomUUID } from 'node:crypto';
import { DciClientError } from '../dci/client/errors.ts';
import { InboxUnavailableError } from '../inbox/inbox.ts';
import type { Timing } from '../lib/timing.ts';
import type { OdooClient } from '../odoo/client.ts';
import { OdooError } from '../odoo/errors.ts';
import { RegistriesError } from '../registries/errors.ts';
import type { AskedOf } from '../registries/look-up.ts';
import type { Asker } from './asker.ts';
import { type Chunk, deleteChunks, type ReadChunk, readChunk, replaceChunk } from './chunk.ts';
import { EarlierAnswers } from './earlier.ts';
import { type Documents, type Screening, Screenings } from './job.ts';
import type { Kind, Looked, Registrant, Said } from './kinds/kind.ts';
import { ScreeningError } from './plan.ts';
import { readPopulation } from './population.ts';
import { askedKey, type RegistrantReading, readRegistrants } from './registrants.ts';
import { counted, type Result, type ScreeningCounts } from './result.ts';

/** A screening's tools, as its plan needs them. */
export interface RunTools {
  kind: Kind;
  asker: Asker;
  reading: Omit<RegistrantReading, 'client'>;
}

export interface RunDependencies {
  documents: Documents;
  client: OdooClient;
  timing: Timing;
  /**
   * The tools for a plan.
   *
   * @param onRequest to be called for each request that is made
   * @throws {RegistriesError | OdooError}
   */
  toolsFor(plan: Screening['plan'], onRequest: () => void): Promise<RunTools>;
  /**
   * Whether it continues by itself: the signal then leaves it `running`, for the next start to take up, and so does a
   * failure that may pass, with a time to try again.
   */
  unattended: boolean;
}

/** How far a run is. */
export interface ScreeningProgress {
  /** `counting` the registrants, or `asking` about them. */
  phase: 'counting' | 'asking';
  /** Registrants that are counted, or answered. */
  done: number;
  /** Null while they are counted. */
  total: number | null;
  /** Of the finished chunks. */
  counts: ScreeningCounts;
  requests: number;
}

/** How a run ended. `error` is what it failed by; null where it did not. */
export interface RunEnd {
  screening: Screening;
  error: Error | null;
}

/** Milliseconds after which an unattended run tries again. */
const RETRY_MS = 60_000;

/** Somebody asked this run to stop, or another one took over. */
class StopRequestedError extends Error {
  override readonly name = 'StopRequestedError';
}

/**
 * Carries a screening out from where it is. The registrants are counted first and kept in chunks; then one chunk after
 * the other is asked about. The answers of a chunk are kept before anything is done with them, and what is done can be
 * done again: a run that is killed at any point is continued with the same result.
 *
 * @param signal ends the run: what is done is kept
 * @throws {ScreeningError} `screening.unknown`
 * @throws {InboxUnavailableError}
 */
export async function runScreening(
  id: string,
  deps: RunDependencies,
  signal: AbortSignal,
  onProgress: (progress: ScreeningProgress) => void = () => {},
): Promise<RunEnd> {
  const run = new Run(id, deps, signal, onProgress);
  try {
    await run.all();
    return { screening: await run.end('done'), error: null };
  } catch (error) {
    if (error instanceof StopRequestedError) return { screening: await run.end('cancelled'), error: null };
    if (signal.aborted) {
      return { screening: await run.end(deps.unattended ? 'running' : 'cancelled'), error: null };
    }
    if (!isExplained(error)) throw error;
    const goesOn = deps.unattended && 'transient' in error && error.transient;
    return { screening: await run.end(goesOn ? 'running' : 'failed', error), error };
  }
}

type Explained = DciClientError | OdooError | RegistriesError | ScreeningError;

/** Errors whose message is meant for people. */
function isExplained(error: unknown): error is Explained {
  if (error instanceof InboxUnavailableError) return false;
  return (
    error instanceof DciClientError ||
    error instanceof OdooError ||
    error instanceof RegistriesError ||
    error instanceof ScreeningError
  );
}

class Run {
  readonly #id: string;
  readonly #deps: RunDependencies;
  readonly #signal: AbortSignal;
  readonly #onProgress: (progress: ScreeningProgress) => void;
  readonly #screenings: Screenings;
  readonly #run = randomUUID();
  #requests = 0;

  constructor(
    id: string,
    deps: RunDependencies,
    signal: AbortSignal,
    onProgress: (progress: ScreeningProgress) => void,
  ) {
    this.#id = id;
    this.#deps = deps;
    this.#signal = signal;
    this.#onProgress = onProgress;
    this.#screenings = new Screenings(deps.documents);
  }

  async all(): Promise<void> {
    let screening = await this.#take();
    const tools = await this.#deps.toolsFor(screening.plan, () => {
      this.#requests += 1;
    });
    await tools.kind.assertReady();
    if (screening.chunks === null) screening = await this.#count(screening);
    const earlier =
      screening.plan.maxAgeSeconds === null
        ? null
        : new EarlierAnswers(this.#deps.documents, await this.#screenings.list(), screening);
    while (screening.next < (screening.chunks ?? 0)) {
      screening = await this.#chunk(screening, tools, earlier);
      this.#show(screening, 0);
    }
  }

  /** Makes it this run's: another process that is at work on it stops at its next step. */
  #take(): Promise<Screening> {
    return this.#screenings.change(this.#id, (one) => {
      if (one.state !== 'running' || one.cancel) throw new StopRequestedError();
      return { ...one, run: this.#run, problem: null, retryAt: null };
    });
  }

  /** @throws {StopRequestedError} */
  #keep(change: (one: Screening) => Partial<Screening>): Promise<Screening> {
    const requests = this.#requests;
    this.#requests = 0;
    return this.#screenings.change(this.#id, (one) => {
      if (one.run !== this.#run || one.state !== 'running' || one.cancel) throw new StopRequestedError();
      return {
        ...one,
        ...change(one),
        requests: one.requests + requests,
        updatedAt: this.#deps.timing.now(),
      };
    });
  }

  async #count(screening: Screening): Promise<Screening> {
    const { client, documents, timing } = this.#deps;
    const people = await readPopulation(client, screening.plan.population, {
      now: timing.now(),
      signal: this.#signal,
      onProgress: (done) =>
        this.#onProgress({ phase: 'counting', done, total: null, counts: screening.counts, requests: 0 }),
    });
    let chunks = 0;
    for (const chunk of people.chunks(screening.chunkSize)) {
      // A run that was killed here may have left it, and another one that took over must not lose what it wrote.
      const before = await readChunk(documents, this.#id, chunks);
      await this.#keep(() => ({}));
      const empty = { people: chunk, results: null, pending: [] };
      if (!(await replaceChunk(documents, this.#id, chunks, before, empty))) throw new StopRequestedError();
      chunks += 1;
    }
    await deleteChunks(documents, this.#id, chunks);
    return this.#keep(() => ({ people: people.size, chunks }));
  }

  async #chunk(screening: Screening, tools: RunTools, earlier: EarlierAnswers | null): Promise<Screening> {
    const { documents } = this.#deps;
    const number = screening.next;
    let read = await readChunk(documents, this.#id, number);
    if (!read)
      throw new ScreeningError('screening.unknown', 'a part of the screening is gone; begin a new one');
    if (read.chunk.results === null) {
      const answered = await this.#answered(screening, read.chunk.people, tools, earlier);
      await this.#keep(() => ({}));
      // Where another run took over, its answers stay.
      read = await replaceChunk(documents, this.#id, number, read, answered);
      if (!read) throw new StopRequestedError();
    }
    const results = await this.#settled(number, read, tools.kind);
    return this.#keep((one) => ({ next: number + 1, counts: counted(one.counts, results) }));
  }

  /** Does what is to be done with the answers of a chunk, where it is not done yet. */
  async #settled(number: number, read: ReadChunk, kind: Kind): Promise<Result[]> {
    const { chunk } = read;
    const results = chunk.results ?? [];
    if (chunk.pending.length === 0) return results;
    const answeredAt = results.find(({ askedAt, kept }) => askedAt !== undefined && !kept)?.askedAt ?? 0;
    const effects = await kind.settle(chunk.pending as { id: number }[], answeredAt, this.#signal);
    const settled = results.map((result) => {
      const effect = result.kept ? undefined : effects.get(result.id);
      return effect === undefined ? result : { ...result, effect };
    });
    const done = { ...chunk, results: settled, pending: [] };
    if (!(await replaceChunk(this.#deps.documents, this.#id, number, read, done)))
      throw new StopRequestedError();
    return settled;
  }

  async #answered(
    screening: Screening,
    people: readonly number[],
    { kind, asker, reading }: RunTools,
    earlier: EarlierAnswers | null,
  ): Promise<Chunk> {
    const { client, timing } = this.#deps;
    const registrants = await readRegistrants({ client, ...reading }, people, this.#signal);
    const kept = earlier
      ? await this.#kept(screening, people, kind, registrants, earlier)
      : new Map<number, Result>();
    const questions: AskedOf[] = [];
    for (const { id, identifiers } of registrants.values()) {
      if (kept.has(id)) continue;
      for (const [n, one] of kind.askedBy(identifiers).entries()) {
        questions.push({ reference: `${id}/${n}`, ...one });
      }
    }
    let answered = 0;
    const answers = await asker.ask(questions, kind.event, this.#signal, (count) => {
      answered += count;
      this.#show(screening, Math.floor((answered / questions.length) * people.length));
    });
    const askedAt = timing.now();
    const pending: { id: number }[] = [];
    const results = people.map((id): Result => {
      const before = kept.get(id);
      if (before) return { ...before, kept: true };
      const registrant = registrants.get(id);
      if (!registrant) return { id, ...INACTIVE };
      const askedBy = kind.askedBy(registrant.identifiers);
      if (askedBy.length === 0) return { id, outcome: 'no_identifier' };
      const looked = askedBy.flatMap((identifier, n): Looked[] => {
        const own = answers.get(`${id}/${n}`);
        return own ? [{ identifier, own }] : [];
      });
      const read = kind.read(registrant, looked);
      if (read.pending) pending.push(read.pending);
      return { id, ...read.said, askedAt, key: askedKey(id, askedBy) };
    });
    return { people: [...people], results, pending };
  }

  /** Answers of earlier screenings that are fresh enough, and about the same identifiers. */
  async #kept(
    { plan }: Screening,
    people: readonly number[],
    kind: Kind,
    registrants: ReadonlyMap<number, Registrant>,
    earlier: EarlierAnswers,
  ): Promise<Map<number, Result>> {
    const since = this.#deps.timing.now() - (plan.maxAgeSeconds ?? 0) * 1000;
    const found = await earlier.about(people);
    return new Map(
      [...found].filter(([id, result]) => {
        const registrant = registrants.get(id);
        if (!registrant || (result.askedAt ?? 0) < since || !kind.mayKeep(result)) return false;
        return result.key === askedKey(id, kind.askedBy(registrant.identifiers));
      }),
    );
  }

  #show({ next, chunkSize, people, counts, requests }: Screening, more: number): void {
    const done = Math.min(next * chunkSize + more, people ?? 0);
    this.#onProgress({ phase: 'asking', done, total: people, counts, requests: requests + this.#requests });
  }

  /** Keeps how it ended, unless another run took over. */
  async end(state: Screening['state'], error: Explained | null = null): Promise<Screening> {
    const now = this.#deps.timing.now();
    const requests = this.#requests;
    this.#requests = 0;
    const waitMs = error instanceof DciClientError ? Math.max(RETRY_MS, error.retryAfterMs ?? 0) : RETRY_MS;
    return this.#screenings.change(this.#id, (one) => {
      // Cancelled before anybody took it up.
      const isOurs = one.run === this.#run || (one.cancel && one.state === 'running');
      if (!isOurs) return one;
      // Somebody asked for its end meanwhile, and is to see that it ended.
      const ended = one.cancel && state === 'running' ? 'cancelled' : state;
      return {
        ...one,
        state: ended,
        cancel: false,
        requests: one.requests + requests,
        problem: error?.message ?? null,
        retryAt: ended === 'running' && error ? now + waitMs : null,
        finishedAt: ended === 'done' ? now : null,
        updatedAt: now,
      };
    });
  }
}

const INACTIVE: Said = {
  outcome: 'not_known',
  reason: 'inactive',
  detail: 'disabled, archived or gone in OpenSPP since the screening began, so that nobody asked',
};
