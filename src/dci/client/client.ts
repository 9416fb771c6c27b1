import { SYSTEM_TIMING } from '../../lib/timing.ts';
import { hasStatus } from './answer-status.ts';
import type { Answers, CallbackAction, CallbackAnswer, ExpectedAnswer } from './answers.ts';
import { DciClientError } from './errors.ts';
import { PendingError, RejectedError, ShapeError } from './errors-of-answers.ts';
import { gatherSearch, lastOf } from './gather.ts';
import {
  type RequestMessage,
  type SubscribeOptions,
  searchManyMessage,
  searchMessage,
  statusMessage,
  subscribeMessage,
  type TransactionQuery,
  unsubscribeMessage,
} from './messages.ts';
import type { Plain } from './plain.ts';
import { type PredicateLine, type Query, QueryError, type SearchOptions } from './query.ts';
import type { RequestAction } from './request.ts';
import {
  type AnswerForm,
  type Found,
  readSearchAnswer,
  readSearchAnswers,
  type SearchAnswer,
} from './search-answer.ts';
import {
  type DciClientPorts,
  type DciClientSettings,
  DEFAULT_ENDPOINTS,
  type Endpoints,
} from './settings.ts';
import {
  readSubscriptions,
  readTransactionStatus,
  readUnsubscribed,
  type Subscription,
  type TransactionStatus,
  type Unsubscribed,
} from './subscription-answer.ts';
import { Transport } from './transport.ts';

export interface CallOptions {
  /** Aborts the call, its pauses and its waiting: it rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** What the answer is for: kept with the question where the answer comes later. No personal data. */
  purpose?: string | undefined;
}

export interface SearchCallOptions extends SearchOptions, CallOptions {
  /** Ask at the asynchronous endpoint: the answer comes to our `on-search`. */
  asynchronous?: boolean | undefined;
}

/** A request that the registry took up, and its answer, now or later. */
export interface Reply<T> {
  /** Ours; callbacks name it. */
  transactionId: string;
  /** The registry's; null where it gave none. */
  correlationId: string | null;
  /** The answer where it came with the response; null where it comes as a callback. */
  value: T | null;
  /**
   * The answer, waiting for the callback where it has not come.
   *
   * @throws {DciClientError} `answer.no_listener`, `answer.timeout`, or what the answer says
   */
  answer(options?: CallOptions & { timeoutMs?: number }): Promise<T>;
  /** Stops expecting a callback. */
  close(): void;
}

/** What a search gives: the answer, or with `asynchronous` the reply through which it comes. */
export type Searched<O> = O extends { asynchronous: infer A } ? ByMode<A> : SearchAnswer;
type ByMode<A> = A extends true ? Reply<SearchAnswer> : SearchAnswer;

/** One page of an iteration. */
export interface SearchPage {
  /** From 1. */
  page: number;
  records: readonly Plain[];
  /** Of all pages; null where the registry does not say. */
  totalCount: number | null;
}

/** Milliseconds that an asynchronous answer is waited for where a source does not say. */
export const DEFAULT_ANSWER_TIMEOUT_MS = 300_000;
const DEFAULT_PAGE_SIZE = 100;

/**
 * A client of one registry that speaks DCI. Keeps one token for all its calls, so make one for each registry and share
 * it. All calls reject with a `DciClientError`, or with the reason of the signal that aborted them.
 *
 * @example
 * const client = new DciClient({
 *   registry: 'crvs_main',
 *   baseUrl: 'https://crvs.example.org/api',
 *   parties: { senderId: 'openspp.example.org', receiverId: 'crvs.example.org' },
 *   dialect: spdci,
 *   auth: { type: 'oauth2', tokenUrl, clientId, clientSecret, location: 'body' },
 * });
 * const { records } = await client.searchById('BRN', '2020-12345', { event: 'birth' });
 */
export class DciClient {
  /** Our name of the registry. */
  readonly registry: string;
  readonly #settings: DciClientSettings;
  readonly #endpoints: Endpoints;
  readonly #transport: Transport;
  readonly #answers: Answers | null;
  readonly #now: () => number;

  constructor(settings: DciClientSettings, ports: DciClientPorts = {}) {
    this.registry = settings.registry;
    this.#settings = settings;
    this.#endpoints = { ...DEFAULT_ENDPOINTS, ...settings.endpoints };
    this.#transport = new Transport(settings, ports);
    this.#answers = ports.answers ?? null;
    this.#now = (ports.timing ?? SYSTEM_TIMING).now;
  }

  /** Searches by any query. */
  async search<O extends SearchCallOptions = SearchCallOptions>(
    query: Query,
    options?: O,
  ): Promise<Searched<O>> {
    const given: SearchCallOptions = options ?? {};
    const found = given.asynchronous
      ? await this.#searchLater(query, given)
      : await this.#searchNow(query, given);
    return found as Searched<O>;
  }

  /** Searches by one identifier, such as `BRN`, `2020-12345`. */
  searchById<O extends SearchCallOptions = SearchCallOptions>(
    type: string,
    value: string,
    options?: O,
  ): Promise<Searched<O>> {
    return this.search({ kind: 'identifier', type, value }, options);
  }

  /**
   * Searches for many in one request, each with its own `reference_id`; a first page of each.
   *
   * @param queries by a reference of the caller's, which does not leave this process
   * @returns by the same references: what was found, or why that is not known
   * @throws {DciClientError} where the request as a whole failed: nothing is known of any of them
   */
  async searchMany(
    queries: ReadonlyMap<string, Query>,
    options: SearchOptions & CallOptions = {},
  ): Promise<Map<string, Found | DciClientError>> {
    const all = new Map<string, Found | DciClientError>();
    const { dialect, regType } = this.#settings;
    const made = searchManyMessage(dialect, regType, queries, options, this.#now());
    for (const [reference, { message }] of made.refused)
      all.set(reference, this.#error('request.invalid', 'search', message));
    if (made.sent.size === 0) return all;
    const { transactionId, message } = made;
    const received = await this.#send(message, transactionId, options.signal);
    const found = this.#read('search', () =>
      readSearchAnswers(received.header, received.message, [...made.sent.keys()], this.answerForm),
    );
    const isPartial = hasStatus(received.header.status, 'pending');
    for (const [wire, reference] of made.sent) {
      const one = found.get(wire) ?? new PendingError();
      const isFound = 'records' in one && !(isPartial && one.records.length === 0);
      all.set(
        reference,
        isFound ? one : this.#errorOf('search', 'records' in one ? new PendingError() : one),
      );
    }
    return all;
  }

  /** Searches by comparisons over attributes. */
  searchByPredicate<O extends SearchCallOptions = SearchCallOptions>(
    lines: readonly PredicateLine[],
    options?: O,
  ): Promise<Searched<O>> {
    return this.search({ kind: 'predicate', lines }, options);
  }

  /** How the registry's answers differ from the specification's. */
  get answerForm(): AnswerForm {
    return { omitsEmpty: this.#settings.dialect.omitsEmptyAnswers };
  }

  /**
   * The registry's own name of an identifier type, as its records have it.
   *
   * @throws {DciClientError} `request.invalid` where it cannot be asked by it
   */
  identifierType(type: string): string {
    try {
      return this.#settings.dialect.identifierType(type);
    } catch (error) {
      if (error instanceof QueryError) throw this.#error('request.invalid', 'search', error.message);
      throw error;
    }
  }

  /** Searches by the registry's own expression language. */
  searchByExpression<O extends SearchCallOptions = SearchCallOptions>(
    value: Readonly<Record<string, unknown>>,
    options?: O,
  ): Promise<Searched<O>> {
    return this.search({ kind: 'expression', value }, options);
  }

  /** Searches by a date from `from` to `to`, both included; `attribute` is the registry's name of the date. */
  searchByDateRange<O extends SearchCallOptions & { attribute?: string }>(
    from: string,
    to: string,
    options?: O,
  ): Promise<Searched<O>> {
    return this.search({ kind: 'date-range', from, to, attribute: options?.attribute }, options);
  }

  /**
   * The pages of a search, each asked for when it is wanted. Ends with the last page by the registry's count or, where
   * it gives none, with the first that is not full.
   *
   * @param options `page` is the first one, to continue an iteration that was cut off
   */
  async *pages(query: Query, options: SearchCallOptions = {}): AsyncGenerator<SearchPage, void, void> {
    const pageSize = options.pageSize ?? DEFAULT_PAGE_SIZE;
    let previous = '';
    for (let page = options.page ?? 1; ; page++) {
      const { records, pagination } = await this.#whole(query, { ...options, page, pageSize });
      if (records.length === 0) return;
      const content = JSON.stringify(records);
      // A registry that takes no notice of page_number would otherwise be asked for ever.
      if (content === previous) {
        throw this.#error('registry.answer', 'search', 'the registry gives the same page again and again');
      }
      previous = content;
      const totalCount = pagination?.totalCount ?? null;
      yield { page, records, totalCount };
      // The registry may give smaller pages than it was asked for.
      const size = pagination?.pageSize || pageSize;
      if (totalCount === null ? records.length < size : page * size >= totalCount) return;
    }
  }

  /** The records of a search, page after page. */
  async *records(query: Query, options: SearchCallOptions = {}): AsyncGenerator<Plain, void, void> {
    for await (const { records } of this.pages(query, options)) yield* records;
  }

  /** Subscribes to events. The code comes with the response or at our `on-subscribe`. */
  async subscribe(options: SubscribeOptions & CallOptions): Promise<Reply<Subscription[]>> {
    const regType = options.regType ?? this.#settings.regType;
    return this.#ask(
      'subscribe',
      this.#endpoints.subscribe,
      'on-subscribe',
      // Twice would be two subscriptions.
      { ...options, idempotent: false },
      () => subscribeMessage({ ...options, regType }, this.#now()),
      readSubscriptions,
    );
  }

  /** Ends subscriptions. */
  async unsubscribe(
    codes: readonly string[],
    options: CallOptions & { transactionId?: string | undefined } = {},
  ): Promise<Reply<Unsubscribed>> {
    return this.#ask(
      'unsubscribe',
      this.#endpoints.unsubscribe,
      'on-unsubscribe',
      { ...options, idempotent: false },
      () => unsubscribeMessage(codes, this.#now(), this.#settings.olderUnsubscribe, options.transactionId),
      readUnsubscribed,
    );
  }

  /**
   * Asks how far a transaction got. The answer comes with the response or at our `txn/on-status`.
   *
   * @param options `synchronous` asks at `/registry/sync/txn/status`, which not every registry has
   */
  async transactionStatus(
    query: TransactionQuery,
    options: CallOptions & { synchronous?: boolean } = {},
  ): Promise<Reply<TransactionStatus>> {
    return this.#ask(
      'txn-status',
      options.synchronous ? this.#endpoints.syncStatus : this.#endpoints.status,
      'txn-on-status',
      { ...options, idempotent: true },
      () => statusMessage(query),
      readTransactionStatus,
    );
  }

  /** Forgets the token: the next call gets a new one. */
  clearTokenCache(): void {
    this.#transport.clearTokenCache();
  }

  /** Gets a token, where the registry wants one, to see whether that works. */
  authorize(options: CallOptions = {}): Promise<void> {
    return this.#transport.authorize(options.signal);
  }

  async #searchNow(query: Query, options: SearchCallOptions): Promise<SearchAnswer> {
    const { message, transactionId } = this.#made('search', () => this.#searchMessage(query, options));
    const { header, message: content } = await this.#send(message, transactionId, options.signal);
    return this.#read('search', () => {
      const answer = readSearchAnswer(header, content, this.answerForm);
      if (hasStatus(header.status, 'pending')) throw new PendingError();
      return answer;
    });
  }

  /** Sends a search to the synchronous endpoint. */
  async #send(message: Plain, transactionId: string, signal: AbortSignal | undefined) {
    const received = await this.#transport.send({
      action: 'search',
      path: this.#endpoints.search,
      message,
      transactionId,
      idempotent: true,
      signal,
    });
    if (received.kind === 'acknowledged') {
      throw this.#error(
        'registry.pending',
        'search',
        'it was taken up, and not answered: ask asynchronously, or at another endpoint',
      );
    }
    return received;
  }

  #searchLater(query: Query, options: SearchCallOptions): Promise<Reply<SearchAnswer>> {
    return this.#ask(
      'search',
      this.#endpoints.asyncSearch,
      'on-search',
      // The same transaction twice is answered twice: nobody minds the second answer.
      { ...options, idempotent: true },
      () => this.#searchMessage(query, options),
      (header, message) => readSearchAnswer(header, message, this.answerForm),
      (answers) => gatherSearch(answers, this.answerForm),
    );
  }

  async #whole(query: Query, options: SearchCallOptions): Promise<SearchAnswer> {
    if (!options.asynchronous) return this.#searchNow(query, options);
    const reply = await this.#searchLater(query, options);
    try {
      return await reply.answer(options.signal ? { signal: options.signal } : {});
    } finally {
      reply.close();
    }
  }

  #searchMessage(query: Query, options: SearchCallOptions): RequestMessage {
    const { dialect, regType } = this.#settings;
    return searchMessage(dialect, regType, query, options, this.#now());
  }

  async #ask<T>(
    action: RequestAction,
    path: string,
    callback: CallbackAction,
    { idempotent, signal, purpose }: CallOptions & { idempotent: boolean },
    make: () => RequestMessage,
    read: (header: Plain, message: Plain) => T,
    gather: (answers: readonly CallbackAnswer[]) => T | null = lastOf(read),
  ): Promise<Reply<T>> {
    const { message, transactionId } = this.#made(action, make);
    const senderIds = this.#settings.answeredBy ?? [this.#settings.parties.receiverId];
    const question = { registry: this.registry, action: callback, transactionId, senderIds, purpose };
    const expected = (await this.#answers?.expect(question)) ?? null;
    try {
      const received = await this.#transport.send({
        action,
        path,
        message,
        transactionId,
        idempotent,
        signal,
      });
      if (received.kind === 'answered') {
        const value = this.#read(action, () => read(received.header, received.message));
        await expected?.answered?.(received.header, received.message);
        expected?.close();
        const correlationId =
          typeof received.message.correlation_id === 'string' ? received.message.correlation_id : null;
        return { transactionId, correlationId, value, answer: async () => value, close: () => {} };
      }
      const { correlationId } = received;
      await expected?.acknowledged(correlationId);
      return {
        transactionId,
        correlationId,
        value: null,
        answer: (options = {}) => this.#await(action, expected, options, gather),
        close: () => expected?.close(),
      };
    } catch (error) {
      expected?.close();
      throw error;
    }
  }

  async #await<T>(
    action: RequestAction,
    expected: ExpectedAnswer | null,
    { timeoutMs, signal }: CallOptions & { timeoutMs?: number },
    gather: (answers: readonly CallbackAnswer[]) => T | null,
  ): Promise<T> {
    if (!expected) {
      throw this.#error(
        'answer.no_listener',
        action,
        'the answer comes as a callback, and this process receives none',
      );
    }
    const longest = timeoutMs ?? this.#settings.answerTimeoutMs ?? DEFAULT_ANSWER_TIMEOUT_MS;
    const until = this.#now() + longest;
    const arrived: CallbackAnswer[] = [];
    for (;;) {
      const next = await expected.next(Math.max(0, until - this.#now()), signal);
      if (next === null) {
        const what = arrived.length === 0 ? 'no callback' : 'only a part of the answer';
        throw this.#error('answer.timeout', action, `${what} came in time`);
      }
      arrived.push(next);
      const value = this.#read(action, () => gather(arrived));
      if (value !== null) return value;
    }
  }

  /** Makes a message, or an error of what is wrong with the arguments. */
  #made(action: RequestAction, make: () => RequestMessage): RequestMessage {
    try {
      return make();
    } catch (error) {
      if (error instanceof QueryError) throw this.#error('request.invalid', action, error.message);
      throw error;
    }
  }

  #read<T>(action: RequestAction, read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (error instanceof ShapeError || error instanceof RejectedError || error instanceof PendingError)
        throw this.#errorOf(action, error);
      throw error;
    }
  }

  #errorOf(action: RequestAction, error: ShapeError | RejectedError | PendingError): DciClientError {
    if (error instanceof ShapeError) return this.#error('registry.answer', action, error.message);
    if (error instanceof PendingError) {
      return this.#error('registry.pending', action, 'the answer is not there yet: ask again later');
    }
    return new DciClientError('registry.rejected', {
      registry: this.registry,
      action,
      registryCode: error.reasonCode,
      registryMessage: error.reason,
    });
  }

  #error(code: DciClientError['code'], action: RequestAction, hint: string): DciClientError {
    return new DciClientError(code, { registry: this.registry, action, hint });
  }
}
