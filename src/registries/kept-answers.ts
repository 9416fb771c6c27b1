import type {
  Answers,
  CallbackAction,
  CallbackAnswer,
  ExpectedAnswer,
  Question,
} from '../dci/client/answers.ts';
import { isPlain, type Plain, textOf } from '../dci/client/plain.ts';
import { readRoot } from '../dci/client/read-body.ts';
import { type Inbox, InboxUnavailableError } from '../inbox/inbox.ts';
import { orAborted } from '../lib/abort.ts';
import { SYSTEM_TIMING, type Timing } from '../lib/timing.ts';

export type AnswerStore = Pick<
  Inbox,
  'ask' | 'questionAcknowledged' | 'answeredAtOnce' | 'answer' | 'question' | 'answers'
>;

/** Milliseconds between two looks for an answer that another process may have received. */
const POLL_MS = 500;

/**
 * Answers that are kept in the inbox: whichever process receives a callback, who waits for it finds it there, and so
 * does who asks for it after a restart.
 */
export class KeptAnswers implements Answers {
  readonly #store: AnswerStore;
  readonly #timing: Timing;
  readonly #pollMs: number;
  readonly #waiting = new Map<string, Set<() => void>>();

  constructor(store: AnswerStore, timing: Timing = SYSTEM_TIMING, pollMs: number = POLL_MS) {
    this.#store = store;
    this.#timing = timing;
    this.#pollMs = pollMs;
  }

  async expect(question: Question): Promise<ExpectedAnswer> {
    const { transactionId, registry, action, senderIds = [], purpose = '' } = question;
    await this.#store.ask({
      transactionId,
      registry,
      action,
      senderIds,
      purpose,
      askedAt: this.#timing.now(),
    });
    const taken: number[] = [];
    return {
      acknowledged: async (correlationId) => {
        if (correlationId !== null) await this.#store.questionAcknowledged(transactionId, correlationId);
      },
      answered: (header, message) =>
        this.#store.answeredAtOnce(transactionId, JSON.stringify({ header, message }), this.#timing.now()),
      next: (timeoutMs, signal) => this.#next(action, transactionId, taken, timeoutMs, signal),
      close: () => {},
    };
  }

  /** All that has come for a question, in the order of its arrival. */
  async arrived(action: CallbackAction, transactionId: string): Promise<CallbackAnswer[]> {
    return (await this.#store.answers(transactionId)).map(({ body }) => callbackOf(action, body));
  }

  /** Resolves when something came for a question in this process, or it is time to look for what came elsewhere. */
  async changed(transactionId: string, timeoutMs: number, signal?: AbortSignal): Promise<void> {
    const woken = Promise.withResolvers<void>();
    const wakers = this.#waiting.get(transactionId) ?? new Set();
    this.#waiting.set(transactionId, wakers.add(woken.resolve));
    const over = new AbortController();
    const pause = Math.min(timeoutMs, this.#pollMs);
    try {
      const timer = this.#timing.wait(pause, over.signal).catch(() => {});
      await orAborted(Promise.race([woken.promise, timer]), signal);
    } finally {
      over.abort();
      wakers.delete(woken.resolve);
      if (wakers.size === 0) this.#waiting.delete(transactionId);
    }
  }

  /** Lets those look at once who wait in this process. */
  wake(transactionId: string): void {
    for (const waker of this.#waiting.get(transactionId) ?? []) waker();
  }

  async #next(
    action: CallbackAction,
    transactionId: string,
    taken: number[],
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<CallbackAnswer | null> {
    const until = this.#timing.now() + timeoutMs;
    for (;;) {
      signal?.throwIfAborted();
      const left = until - this.#timing.now();
      const [first] = await this.#store.answers(transactionId, taken).catch((error: unknown) => {
        // It may come back while there is time.
        if (error instanceof InboxUnavailableError && left > 0) return [];
        throw error;
      });
      if (first) {
        taken.push(first.id);
        return callbackOf(action, first.body);
      }
      if (left <= 0) return null;
      await this.changed(transactionId, left, signal);
    }
  }
}

/** A callback as it is kept. */
function callbackOf(action: CallbackAction, body: string): CallbackAnswer {
  const root = readRoot(Buffer.from(body));
  const part = (value: unknown): Plain => (isPlain(value) ? value : {});
  const message = part(root.message);
  return {
    action,
    header: part(root.header),
    message,
    transactionId: textOf(message.transaction_id),
    correlationId: textOf(message.correlation_id),
  };
}
