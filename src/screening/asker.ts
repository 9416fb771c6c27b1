import type { DciClient } from '../dci/client/client.ts';
import { DciClientError, type DciClientErrorCode } from '../dci/client/errors.ts';
import type { RegistryEvent } from '../dci/client/query.ts';
import { Limit } from '../lib/limit.ts';
import { backoffMs, retried } from '../lib/retry.ts';
import type { Timing } from '../lib/timing.ts';
import { type NotKnown, notKnownBecause } from '../registries/answer.ts';
import { type AskedOf, askRecordsOfMany, type LookUpRules, type OwnRecords } from '../registries/look-up.ts';

export interface AskerSettings {
  /** Questions in one request. */
  batchSize: number;
  /** Requests under way at once. */
  concurrency: number;
  /** Milliseconds that a registry which cannot be asked is waited for before the run gives up for now. */
  patienceMs: number;
}

export interface AskerDependencies {
  client: DciClient;
  rules: LookUpRules;
  timing: Timing;
  /** Called for each request that is made. */
  onRequest(): void;
}

type Answers = Map<string, OwnRecords | NotKnown>;

/** Nobody would get another answer: somebody has to change something first. */
const HOPELESS: ReadonlySet<DciClientErrorCode> = new Set([
  'registry.unauthorized',
  'registry.token',
  'registry.signature',
  'registry.encrypted',
  'registry.pending',
]);
/** Failures of whole requests in a row, each with one question, after which requests are no longer halved. */
const GIVE_UP_HALVING = 20;
const PAUSES = { initialMs: 1000, maximumMs: 60_000 };
/** Failures of the same request that may be its own fault, before it is halved. */
const TRIES = 2;

/**
 * Asks a registry about many, so many to a request. It is patient with one that is overloaded or down, and finds the
 * question that a registry cannot answer: a request that it refuses, or fails on, is halved until that question is
 * alone, so that nobody else goes without an answer because of it.
 */
export class Asker {
  readonly #settings: AskerSettings;
  readonly #deps: AskerDependencies;
  #failedInRow = 0;

  constructor(settings: AskerSettings, deps: AskerDependencies) {
    this.#settings = settings;
    this.#deps = deps;
  }

  /**
   * Asks all questions.
   *
   * @param onAnswered called with how many more are answered
   * @returns by their references, each
   * @throws {DciClientError} where the registry cannot be asked: nothing is known of anybody then, and `transient` says
   *   whether to try again later
   * @throws the signal's reason
   */
  async ask(
    questions: readonly AskedOf[],
    event: RegistryEvent | undefined,
    signal: AbortSignal,
    onAnswered: (count: number) => void = () => {},
  ): Promise<Answers> {
    const { batchSize, concurrency } = this.#settings;
    const limit = new Limit(concurrency);
    const all: Answers = new Map();
    // The first failure ends the others, too: they are not to knock at a registry that does not let anybody in.
    const failed = new AbortController();
    const either = AbortSignal.any([signal, failed.signal]);
    const asked = batchesOf(questions, batchSize).map(async (batch) => {
      try {
        const answers = await limit.run(() => this.#batch(batch, event, either), either);
        for (const [reference, answer] of answers) all.set(reference, answer);
        onAnswered(batch.length);
      } catch (error) {
        failed.abort(error);
      }
    });
    await Promise.all(asked);
    signal.throwIfAborted();
    failed.signal.throwIfAborted();
    return all;
  }

  async #batch(
    questions: readonly AskedOf[],
    event: RegistryEvent | undefined,
    signal: AbortSignal,
  ): Promise<Answers> {
    const { client, rules, timing, onRequest } = this.#deps;
    const since = timing.now();
    let ownFaults = 0;
    const blamed: DciClientError[] = [];
    const attempt = async () => {
      onRequest();
      const answers = await askRecordsOfMany(client, rules, questions, {
        signal,
        ...(event ? { event } : {}),
      });
      this.#failedInRow = 0;
      return answers;
    };
    const pauseAfter = (error: unknown, failures: number): number | null => {
      signal.throwIfAborted();
      if (!(error instanceof DciClientError) || HOPELESS.has(error.code)) return null;
      if (mayBeItsFault(error)) {
        ownFaults += 1;
        if (!error.transient || ownFaults >= TRIES) {
          blamed.push(error);
          return null;
        }
      }
      const pause = pauseOf(error, failures, timing.random());
      return timing.now() + pause - since > this.#settings.patienceMs ? null : pause;
    };
    try {
      return await retried(attempt, { pauseAfter, timing, signal });
    } catch (error) {
      if (!blamed[0]) throw error;
      return this.#halved(questions, event, signal, blamed[0]);
    }
  }

  async #halved(
    questions: readonly AskedOf[],
    event: RegistryEvent | undefined,
    signal: AbortSignal,
    error: DciClientError,
  ): Promise<Answers> {
    if (questions.length > 1 && this.#failedInRow < GIVE_UP_HALVING) {
      const middle = Math.ceil(questions.length / 2);
      const first = await this.#batch(questions.slice(0, middle), event, signal);
      const second = await this.#batch(questions.slice(middle), event, signal);
      return new Map([...first, ...second]);
    }
    this.#failedInRow += 1;
    // A registry that fails on whatever it is asked is down.
    if (error.transient && this.#failedInRow >= GIVE_UP_HALVING) throw error;
    const answer = notKnownBecause(error);
    return new Map(questions.map(({ reference }) => [reference, answer]));
  }
}

/** Questions in requests of so many. */
export function batchesOf<T>(questions: readonly T[], batchSize: number): T[][] {
  return Array.from({ length: Math.ceil(questions.length / batchSize) }, (_, n) =>
    questions.slice(n * batchSize, (n + 1) * batchSize),
  );
}

/** Statuses that say that the registry, or a proxy before it, is overloaded or down. */
const OVERLOADED: ReadonlySet<number | undefined> = new Set([429, 502, 503, 504]);

/** Whether a request may have failed because of what was asked in it. */
function mayBeItsFault({ code, status }: DciClientError): boolean {
  return code !== 'registry.unreachable' && code !== 'registry.busy' && !OVERLOADED.has(status);
}

/** Milliseconds; as long as the registry asks where it says, else longer after each failure. */
function pauseOf({ retryAfterMs }: DciClientError, tries: number, random: number): number {
  return Math.max(retryAfterMs ?? 0, backoffMs(tries, PAUSES, random, 0.5));
}
