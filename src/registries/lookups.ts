import type { CallbackAction } from '../dci/client/answers.ts';
import type { CallOptions } from '../dci/client/client.ts';
import { gatherSearch } from '../dci/client/gather.ts';
import type { Plain } from '../dci/client/plain.ts';
import { RejectedError, ShapeError } from '../dci/client/search-answer.ts';
import { functionalAssessmentOf } from './dr-records.ts';
import { beneficiaryOf } from './ibr-records.ts';
import { enrollmentOf } from './ibr-service.ts';
import type { AnswerStore, KeptAnswers } from './kept-answers.ts';
import { isDeath } from './records.ts';
import type { Registries } from './registries.ts';

/** The look-ups that can be asked asynchronously, by how the question's purpose names them, with what each answers. */
const RESULTS = {
  'verify-birth': (records: readonly Plain[]) => ({ record: records[0] ?? null }),
  'check-death': (records: readonly Plain[]) => ({ deceased: records.some(isDeath) }),
  'search-beneficiary': (records: readonly Plain[]) => ({ beneficiaries: records.map(beneficiaryOf) }),
  enrollment: (records: readonly Plain[]) => enrollmentOf(records.map(beneficiaryOf)),
  assessment: (records: readonly Plain[]) => ({
    assessment: records[0] ? functionalAssessmentOf(records[0]) : null,
  }),
} as const;

export type Lookup = keyof typeof RESULTS;

/** How each is asked: the same as the services do. */
const QUESTIONS: Readonly<
  Record<Lookup, { service: 'crvs' | 'ibr' | 'dr'; event?: 'birth' | 'death'; pageSize?: number }>
> = {
  'verify-birth': { service: 'crvs', event: 'birth', pageSize: 1 },
  'check-death': { service: 'crvs', event: 'death' },
  'search-beneficiary': { service: 'ibr' },
  enrollment: { service: 'ibr' },
  assessment: { service: 'dr', pageSize: 1 },
};

/** A question that a registry took up. */
export interface Asked {
  /** By which its answer is fetched. */
  transactionId: string;
  correlationId: string | null;
}

/** What is known of the answer to a question; times are ISO 8601. */
export interface KeptReply {
  transactionId: string;
  correlationId: string | null;
  /** The code of the source. */
  registry: string;
  /** A `Lookup`, `subscribe`, `unsubscribe`, or what a program called it. */
  purpose: string;
  askedAt: string;
  /**
   * `pending`: nothing came yet. `partial`: more is to come. `answered`. `rejected`: the registry refused it.
   * `unreadable`: what came is no answer to it.
   */
  state: 'pending' | 'partial' | 'answered' | 'rejected' | 'unreadable';
  /** Callbacks so far. */
  callbacks: number;
  /** What the look-up answers, as its synchronous route does; the records of another search. */
  result: object | null;
  /** The registry's code where it refused; null where it gave none. */
  reasonCode: string | null;
}

/** Look-ups whose answers come as callbacks, and are fetched when they are there, by any process. */
export class Lookups {
  readonly #registries: Registries;
  readonly #store: AnswerStore;
  readonly #answers: KeptAnswers;
  readonly #now: () => number;

  /** @param answers those that `registries` asks with, over the same store */
  constructor(
    registries: Registries,
    store: AnswerStore,
    answers: KeptAnswers,
    now: () => number = Date.now,
  ) {
    this.#registries = registries;
    this.#store = store;
    this.#answers = answers;
    this.#now = now;
  }

  /**
   * Asks by an identifier, and does not wait for the answer.
   *
   * @param source the service's own where left out
   * @throws {DciClientError | RegistriesError}
   */
  async ask(
    lookup: Lookup,
    type: string,
    value: string,
    source?: string,
    options: CallOptions = {},
  ): Promise<Asked> {
    const { service, event, pageSize } = QUESTIONS[lookup];
    const client = await this.#registries.clientOf(service, source);
    const reply = await client.searchById(type, value, {
      ...options,
      ...(event ? { event } : {}),
      ...(pageSize ? { pageSize } : {}),
      asynchronous: true,
      purpose: lookup,
    });
    reply.close();
    return { transactionId: reply.transactionId, correlationId: reply.correlationId };
  }

  /**
   * What came for a question; null where nothing of the kind was asked, or it was forgotten by now.
   *
   * @param waitMs milliseconds that an answer which is not there is waited for
   */
  async answer(transactionId: string, waitMs = 0, options: CallOptions = {}): Promise<KeptReply | null> {
    const until = this.#now() + waitMs;
    for (;;) {
      const reply = await this.#reply(transactionId);
      const left = until - this.#now();
      const isOpen = reply?.state === 'pending' || reply?.state === 'partial';
      if (!isOpen || left <= 0) return reply;
      await this.#answers.changed(transactionId, left, options.signal);
    }
  }

  async #reply(transactionId: string): Promise<KeptReply | null> {
    const question = await this.#store.question(transactionId);
    if (!question) return null;
    const { registry, purpose, correlationId } = question;
    const action = question.action as CallbackAction;
    const arrived = await this.#answers.arrived(action, transactionId);
    const common = {
      transactionId,
      correlationId,
      registry,
      purpose,
      askedAt: new Date(question.askedAt).toISOString(),
      callbacks: arrived.length,
      result: null,
      reasonCode: null,
    };
    if (arrived.length === 0) return { ...common, state: 'pending' };
    if (action !== 'on-search') return { ...common, state: 'answered' };
    try {
      const found = gatherSearch(arrived);
      if (found === null) return { ...common, state: 'partial' };
      return { ...common, state: 'answered', result: resultOf(purpose, found.records) };
    } catch (error) {
      if (error instanceof ShapeError) return { ...common, state: 'unreadable' };
      if (!(error instanceof RejectedError)) throw error;
      return { ...common, state: 'rejected', reasonCode: codeOf(error.reasonCode) };
    }
  }
}

function resultOf(purpose: string, records: readonly Plain[]): object {
  return Object.hasOwn(RESULTS, purpose) ? RESULTS[purpose as Lookup](records) : { records };
}

/** Codes have no spaces; a registry that puts words there is not quoted. */
const codeOf = (code: string | undefined) =>
  code !== undefined && /^[\w.-]{1,64}$/.test(code) ? code : null;
