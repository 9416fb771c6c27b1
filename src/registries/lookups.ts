import type { CallbackAction } from '../dci/client/answers.ts';
import type { CallOptions } from '../dci/client/client.ts';
import { RejectedError, ShapeError } from '../dci/client/errors-of-answers.ts';
import { gatherSearch } from '../dci/client/gather.ts';
import type { Plain } from '../dci/client/plain.ts';
import type { AnswerForm } from '../dci/client/search-answer.ts';
import { type Answer, type NotKnown, notKnown } from './answer.ts';
import { birthAnswer, deathAnswer } from './crvs-answers.ts';
import { assessmentAnswer } from './dr-answers.ts';
import { RegistriesError } from './errors.ts';
import { beneficiaryAnswer, enrollmentAnswer } from './ibr-answers.ts';
import type { AnswerStore, KeptAnswers } from './kept-answers.ts';
import { DEFAULT_RULES, type LookUpRules, type OwnRecords, ownRecords, PAGE_SIZE } from './look-up.ts';
import type { Registries } from './registries.ts';
import { DEFAULT_SOURCES } from './sources.ts';
import { keptSubject, readKeptSubject } from './subject.ts';

/** The look-ups that can be asked asynchronously, by how the question's purpose names them, with what each answers. */
const ANSWERS = {
  'verify-birth': birthAnswer,
  'check-death': deathAnswer,
  'search-beneficiary': beneficiaryAnswer,
  enrollment: (own: OwnRecords | NotKnown, rules: LookUpRules) =>
    enrollmentAnswer(beneficiaryAnswer(own, rules)),
  assessment: assessmentAnswer,
} as const;

export type Lookup = keyof typeof ANSWERS;

/** How each is asked: the same as the services do. */
const QUESTIONS: Readonly<Record<Lookup, { service: 'crvs' | 'ibr' | 'dr'; event?: 'birth' | 'death' }>> = {
  'verify-birth': { service: 'crvs', event: 'birth' },
  'check-death': { service: 'crvs', event: 'death' },
  'search-beneficiary': { service: 'ibr' },
  enrollment: { service: 'ibr' },
  assessment: { service: 'dr' },
};

/** The source that a look-up is asked of where none is named. */
export const sourceOf = (lookup: Lookup): string => DEFAULT_SOURCES[QUESTIONS[lookup].service];

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
  /** What the look-up answers, also that it is not known; the records of another search, null while there are none. */
  result: Answer | { records: readonly Plain[] } | null;
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
    const { service, event } = QUESTIONS[lookup];
    const client = await this.#registries.clientOf(service, source);
    const reply = await client.searchById(type, value, {
      ...options,
      ...(event ? { event } : {}),
      pageSize: PAGE_SIZE,
      asynchronous: true,
      purpose: `${lookup} ${keptSubject({ type, value }, client.identifierType(type))}`,
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
    const { registry, correlationId } = question;
    const action = question.action as CallbackAction;
    const arrived = await this.#answers.arrived(action, transactionId);
    const [purpose = '', kept = ''] = question.purpose.split(' ');
    const lookup = Object.hasOwn(ANSWERS, purpose) ? (purpose as Lookup) : null;
    const reply = (
      state: KeptReply['state'],
      result: KeptReply['result'],
      reasonCode: string | null = null,
    ) => ({
      transactionId,
      correlationId,
      registry,
      purpose: lookup ?? question.purpose,
      askedAt: new Date(question.askedAt).toISOString(),
      state,
      callbacks: arrived.length,
      result,
      reasonCode,
    });
    const unknown = (...why: Parameters<typeof notKnown>) => (lookup ? notKnown(...why) : null);
    if (arrived.length === 0) {
      return reply(
        'pending',
        unknown('pending', 'the registry took the question up, and has not answered yet'),
      );
    }
    if (action !== 'on-search') return reply('answered', null);
    try {
      const found = gatherSearch(arrived, await this.#form(registry));
      if (found === null)
        return reply('partial', unknown('pending', 'a part of the answer is still to come'));
      if (!lookup) return reply('answered', { records: found.records });
      const subject = readKeptSubject(kept);
      if (!subject) {
        return reply(
          'unreadable',
          notKnown('unreadable', 'it is not known any more who was asked about: ask again'),
        );
      }
      const rules = await this.#rules(registry);
      return reply('answered', ANSWERS[lookup](ownRecords(found, subject, rules, registry), rules));
    } catch (error) {
      if (error instanceof ShapeError) return reply('unreadable', unknown('unreadable', error.message));
      if (!(error instanceof RejectedError)) throw error;
      const code = codeOf(error.reasonCode);
      const detail = `the registry refuses the question${code === null ? '' : ` (${code})`}`;
      return reply('rejected', unknown('refused', detail), code);
    }
  }

  /** Its source may be gone since: then its answer is held to the strictest rules. */
  #rules(registry: string): Promise<LookUpRules> {
    return this.#registries.rulesOf(registry).catch(orElse(DEFAULT_RULES));
  }

  #form(registry: string): Promise<AnswerForm> {
    return this.#registries.client(registry).then(({ answerForm }) => answerForm, orElse({}));
  }
}

function orElse<T>(fallback: T): (error: unknown) => T {
  return (error) => {
    if (error instanceof RegistriesError) return fallback;
    throw error;
  };
}

/** Codes have no spaces; a registry that puts words there is not quoted. */
const codeOf = (code: string | undefined) =>
  code !== undefined && /^[\w.-]{1,64}$/.test(code) ? code : null;
