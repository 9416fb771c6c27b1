import { randomUUID } from 'node:crypto';
import type { CallOptions, DciClient } from '../dci/client/client.ts';
import { DciClientError } from '../dci/client/errors.ts';
import type { Unsubscribed } from '../dci/client/subscription-answer.ts';
import { type BirthAnswer, birthAnswer, type DeathAnswer, deathAnswer } from './crvs-answers.ts';
import { type AskedOf, askRecords, askRecordsOfMany, DEFAULT_RULES, type LookUpRules } from './look-up.ts';
import type { SubscriptionBook } from './subscriptions.ts';

export interface SubscribeCallOptions extends CallOptions {
  /** Milliseconds that a code which comes to our `on-subscribe` is waited for; the source's own where left out. */
  waitMs?: number | undefined;
}

/** What became of one subscription that was asked for. */
export interface SubscriptionOutcome {
  /** The event type, as asked. */
  eventType: string;
  /** `subscribed`; `pending` where the code is still to come to `on-subscribe`; `failed`. */
  state: 'subscribed' | 'pending' | 'failed';
  /** By which it is ended; none while it is pending. */
  codes: string[];
  transactionId: string | null;
  correlationId: string | null;
  error: DciClientError | null;
}

/** Not all of the subscriptions came about: those that did are in `outcomes` with their codes. */
export class SubscriptionError extends Error {
  override readonly name = 'SubscriptionError';
  readonly code = 'crvs.not_all_subscribed';
  readonly outcomes: readonly SubscriptionOutcome[];

  constructor(outcomes: readonly SubscriptionOutcome[]) {
    const missing = outcomes.filter(({ state }) => state !== 'subscribed').map(({ eventType }) => eventType);
    super(`no subscription code yet for ${missing.join(', ')}`);
    this.outcomes = outcomes;
  }
}

/** What became of subscriptions that were to end. */
export interface UnsubscribeOutcome extends Unsubscribed {
  transactionId: string;
  correlationId: string | null;
}

export interface CrvsServiceOptions {
  /** Remembers subscriptions; nobody where left out. */
  book?: SubscriptionBook | null | undefined;
  /**
   * Milliseconds that what comes to `on-subscribe` and `on-unsubscribe` is waited for, where a call does not say; as long
   * as for any answer where left out.
   */
  confirmationMs?: number | undefined;
  /** How answers are understood. */
  rules?: LookUpRules | undefined;
}

/** The vital events that OpenSPP subscribes to by default. */
const DEFAULT_EVENTS = ['BIRTH', 'DEATH'] as const;

/**
 * Questions to a civil registry.
 *
 * @example
 * const crvs = await registries.crvs();
 * if ((await crvs.checkDeath('UIN', '123456789')).kind === 'yes') stopPayment();
 */
export class CrvsService {
  readonly #client: DciClient;
  readonly #book: SubscriptionBook | null;
  readonly #confirmationMs: number | undefined;
  readonly #rules: LookUpRules;

  constructor(client: DciClient, options: CrvsServiceOptions = {}) {
    this.#client = client;
    this.#book = options.book ?? null;
    this.#confirmationMs = options.confirmationMs;
    this.#rules = options.rules ?? DEFAULT_RULES;
  }

  /**
   * Whether a birth is registered under this identifier of the child.
   *
   * @throws {DciClientError} `request.invalid` only: the registry cannot be asked that
   */
  async verifyBirth(type: string, value: string, options: CallOptions = {}): Promise<BirthAnswer> {
    const own = await askRecords(this.#client, this.#rules, { type, value }, { ...options, event: 'birth' });
    return birthAnswer(own, this.#rules);
  }

  /**
   * Whether the registry has a death of this person. An answer is an object, and so truthy whatever it says: look at its
   * `kind`.
   *
   * @throws {DciClientError} `request.invalid` only: the registry cannot be asked that
   */
  async checkDeath(type: string, value: string, options: CallOptions = {}): Promise<DeathAnswer> {
    const own = await askRecords(this.#client, this.#rules, { type, value }, { ...options, event: 'death' });
    return deathAnswer(own, this.#rules);
  }

  /**
   * Asks about the deaths of many in one request, each by an identifier.
   *
   * @returns by the references, each
   * @throws {DciClientError} where the request as a whole failed, so that nothing is known of anybody: `transient` says
   *   whether to wait and ask again, `notKnownBecause` makes an answer of it
   */
  async checkDeaths(asked: readonly AskedOf[], options: CallOptions = {}): Promise<Map<string, DeathAnswer>> {
    const found = await askRecordsOfMany(this.#client, this.#rules, asked, { ...options, event: 'death' });
    return new Map([...found].map(([reference, own]) => [reference, deathAnswer(own, this.#rules)]));
  }

  /**
   * Subscribes to vital events, and gives the codes by which the subscriptions are ended. Waits for those that come to
   * `on-subscribe`, where somebody here receives callbacks.
   *
   * @throws {SubscriptionError} where a code is missing
   */
  async subscribeEvents(
    types: readonly string[] = DEFAULT_EVENTS,
    options: SubscribeCallOptions = {},
  ): Promise<string[]> {
    const outcomes = await this.requestSubscriptions(types, options);
    if (outcomes.some(({ state }) => state !== 'subscribed')) throw new SubscriptionError(outcomes);
    return outcomes.flatMap(({ codes }) => codes);
  }

  /**
   * Subscribes to vital events, one after the other, and reports what became of each: what one of them gave must
   * not be lost because another failed.
   *
   * @throws the signal's reason
   */
  async requestSubscriptions(
    types: readonly string[] = DEFAULT_EVENTS,
    options: SubscribeCallOptions = {},
  ): Promise<SubscriptionOutcome[]> {
    const outcomes: SubscriptionOutcome[] = [];
    for (const type of types) outcomes.push(await this.#subscribe(type, options));
    return outcomes;
  }

  /**
   * Ends subscriptions. The status is `pdng` where the registry's word is still to come to `on-unsubscribe`, and nobody
   * here receives callbacks.
   *
   * @throws {DciClientError}
   */
  async unsubscribeEvents(
    codes: readonly string[],
    options: SubscribeCallOptions = {},
  ): Promise<UnsubscribeOutcome> {
    const transactionId = randomUUID();
    await this.#book?.ending(this.#client.registry, codes, transactionId);
    try {
      const call = { ...options, transactionId, purpose: 'unsubscribe' };
      const reply = await this.#client.unsubscribe(codes, call);
      const outcome = { transactionId, correlationId: reply.correlationId };
      try {
        const ended = await reply.answer(waitOf({ waitMs: this.#confirmationMs, ...options }));
        if (ended.status === 'succ') await this.#book?.ended(transactionId, null);
        return { ...ended, ...outcome };
      } catch (error) {
        if (!isUnanswered(error)) throw error;
        return { status: 'pdng', codes: [], ...outcome };
      } finally {
        reply.close();
      }
    } catch (error) {
      if (error instanceof DciClientError) {
        const reason = {
          reasonCode: error.registryCode ?? error.code,
          reason: error.registryMessage ?? null,
        };
        await this.#book?.notEnded(transactionId, reason);
      }
      throw error;
    }
  }

  async #subscribe(eventType: string, options: SubscribeCallOptions): Promise<SubscriptionOutcome> {
    const id = randomUUID();
    const outcome = { eventType, codes: [], transactionId: id, correlationId: null, error: null };
    await this.#book?.requested(id, this.#client.registry, eventType);
    try {
      const reply = await this.#client.subscribe({
        ...options,
        regEventType: nameOf(eventType),
        transactionId: id,
        purpose: 'subscribe',
      });
      const { correlationId } = reply;
      try {
        const subscriptions = await reply.answer(waitOf({ waitMs: this.#confirmationMs, ...options }));
        await this.#book?.confirmed(id, subscriptions);
        const codes = subscriptions.map(({ code }) => code);
        return { ...outcome, state: codes.length > 0 ? 'subscribed' : 'pending', codes, correlationId };
      } catch (error) {
        if (!isUnanswered(error)) throw error;
        return { ...outcome, state: 'pending', correlationId };
      } finally {
        reply.close();
      }
    } catch (error) {
      if (!(error instanceof DciClientError)) throw error;
      await this.#book?.failed(id, error);
      return { ...outcome, transactionId: null, state: 'failed', error };
    }
  }
}

const waitOf = ({ signal, waitMs }: SubscribeCallOptions) => ({
  signal,
  ...(waitMs === undefined ? {} : { timeoutMs: waitMs }),
});

/** The registry took it up, and its word has not come: it may yet. */
function isUnanswered(error: unknown): boolean {
  return (
    error instanceof DciClientError &&
    (error.code === 'answer.no_listener' || error.code === 'answer.timeout')
  );
}

/** A bare word goes in upper case; a name of the registry's own, such as `spdci-common:…:LiveBirth`, as it is. */
const nameOf = (eventType: string) => (/^[a-z]+$/i.test(eventType) ? eventType.toUpperCase() : eventType);
