import { orAborted } from '../../lib/abort.ts';
import { SYSTEM_TIMING, type Timing } from '../../lib/timing.ts';

/** The callbacks that answer one of our requests. */
export const CALLBACK_ACTIONS = ['on-search', 'on-subscribe', 'on-unsubscribe', 'txn-on-status'] as const;
export type CallbackAction = (typeof CALLBACK_ACTIONS)[number];

/** A callback, verified by its receiver. */
export interface CallbackAnswer {
  action: CallbackAction;
  /** From `message`; null where it has none. */
  transactionId: string | null;
  correlationId: string | null;
  /** All names of the sender that it was verified as; left out where its receiver does not say. */
  senderNames?: readonly string[] | undefined;
  /** Ordinary values of the envelope's header and message. */
  header: Readonly<Record<string, unknown>>;
  message: Readonly<Record<string, unknown>>;
}

/** What was asked, so that its answer is known. */
export interface Question {
  /** Our name of the registry. */
  registry: string;
  action: CallbackAction;
  transactionId: string;
  /** The `sender_id`s that may answer: nobody else may answer in the registry's name. Anybody where left out. */
  senderIds?: readonly string[] | undefined;
  /** What the answer is for, in the asker's words; no personal data. */
  purpose?: string | undefined;
}

/** An answer that is waited for. */
export interface ExpectedAnswer {
  /** The registry took the question up; some callbacks name only what it called it. */
  acknowledged(correlationId: string | null): void | Promise<void>;
  /** The answer came with the response itself: nothing more is expected. */
  answered?(header: CallbackAnswer['header'], message: CallbackAnswer['message']): Promise<void>;
  /**
   * The next callback: a registry may send several for one question. Null where none came in time.
   *
   * @throws the signal's reason where it aborts
   */
  next(timeoutMs: number, signal?: AbortSignal): Promise<CallbackAnswer | null>;
  /** Nobody waits any more. */
  close(): void;
}

/**
 * Where the answers to asynchronous requests come in. The client says what it is about to ask **before** it asks, since
 * a callback can be faster than the acknowledgement.
 */
export interface Answers {
  expect(question: Question): ExpectedAnswer | Promise<ExpectedAnswer>;
}

interface Waiting extends Question {
  correlationId: string | null;
  arrived: CallbackAnswer[];
  wake: (() => void) | null;
}

/** Questions that may be open at once: who asks and never closes must not fill the memory. */
const MAX_OPEN = 10_000;
/** Callbacks that are kept for one question until somebody takes them. */
const MAX_ARRIVED = 1000;

/** Answers of this process: the receiver of callbacks hands them over with `deliver`. */
export class MemoryAnswers implements Answers {
  readonly #timing: Timing;
  readonly #maxOpen: number;
  readonly #waiting = new Set<Waiting>();

  /** @param maxOpen questions at once; one more, and the oldest is given up */
  constructor(timing: Timing = SYSTEM_TIMING, maxOpen = MAX_OPEN) {
    this.#timing = timing;
    this.#maxOpen = maxOpen;
  }

  /** How many questions are open. */
  get open(): number {
    return this.#waiting.size;
  }

  expect(question: Question): ExpectedAnswer {
    const waiting: Waiting = { ...question, correlationId: null, arrived: [], wake: null };
    for (const oldest of this.#waiting) {
      if (this.#waiting.size < this.#maxOpen) break;
      this.#waiting.delete(oldest);
    }
    this.#waiting.add(waiting);
    return {
      acknowledged: (correlationId) => {
        waiting.correlationId = correlationId;
      },
      next: (timeoutMs, signal) => this.#next(waiting, timeoutMs, signal),
      close: () => {
        this.#waiting.delete(waiting);
      },
    };
  }

  /**
   * Hands over a callback.
   *
   * @returns false where nobody asked for it, or nobody takes what came before
   */
  deliver(answer: CallbackAnswer): boolean {
    for (const waiting of this.#waiting) {
      if (waiting.action !== answer.action || !isAbout(waiting, answer)) continue;
      if (waiting.arrived.length >= MAX_ARRIVED) return false;
      waiting.arrived.push(answer);
      waiting.wake?.();
      return true;
    }
    return false;
  }

  async #next(waiting: Waiting, timeoutMs: number, signal?: AbortSignal): Promise<CallbackAnswer | null> {
    signal?.throwIfAborted();
    const first = waiting.arrived.shift();
    if (first) return first;
    const woken = Promise.withResolvers<void>();
    waiting.wake = woken.resolve;
    const over = new AbortController();
    try {
      const timer = this.#timing.wait(timeoutMs, over.signal).catch(() => {});
      await orAborted(Promise.race([woken.promise, timer]), signal);
    } finally {
      waiting.wake = null;
      over.abort();
    }
    return waiting.arrived.shift() ?? null;
  }
}

/** By our transaction where the callback names one, else by the registry's correlation. */
function isAbout(waiting: Waiting, { transactionId, correlationId, senderNames }: CallbackAnswer): boolean {
  const { senderIds } = waiting;
  if (senderIds && senderNames && !senderNames.some((name) => senderIds.includes(name))) return false;
  if (transactionId !== null) return waiting.transactionId === transactionId;
  return correlationId !== null && waiting.correlationId === correlationId;
}
