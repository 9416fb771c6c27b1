import { backoffMs } from '../../lib/retry.ts';
import type { DciClientError } from './errors.ts';

export interface RetryPolicy {
  /** Attempts in all; 1 never repeats. */
  attempts: number;
  /** The first pause in milliseconds; it doubles with each further one. */
  initialMs: number;
  /** The longest pause, also the longest Retry-After that is waited for. */
  maximumMs: number;
}

export const DEFAULT_RETRY: RetryPolicy = { attempts: 4, initialMs: 250, maximumMs: 30_000 };

/**
 * How far a failed request got, which decides what may be repeated: `nothing` when the registry certainly did not take
 * it up (no connection, 429, 503), `unknown` when it may have (a time-out, a cut connection, another 5xx).
 */
export type Reached = 'nothing' | 'unknown';

/** A failure that may be repeated, on its way from the exchange to the loop that decides. */
export class Repeatable {
  readonly error: DciClientError;
  readonly reached: Reached;
  /** What the registry asked to wait, in milliseconds; null where it did not say. */
  readonly retryAfterMs: number | null;

  constructor(error: DciClientError, reached: Reached, retryAfterMs: number | null = null) {
    this.error = error;
    this.reached = reached;
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * The pause before the next attempt, in milliseconds.
 *
 * @param attempt the one that failed, from 1
 * @param idempotent whether the registry may do the request twice: true for what only reads
 * @throws the failure, where there is to be no other attempt
 */
export function pauseOrThrow(
  failure: unknown,
  attempt: number,
  idempotent: boolean,
  policy: RetryPolicy,
  random: () => number,
): number {
  if (!(failure instanceof Repeatable)) throw failure;
  const pause = pauseBefore(attempt, failure, idempotent, policy, random);
  if (pause === null) throw failure.error;
  return pause;
}

function pauseBefore(
  attempt: number,
  failure: Repeatable,
  idempotent: boolean,
  policy: RetryPolicy,
  random: () => number,
): number | null {
  if (attempt >= policy.attempts) return null;
  if (failure.reached === 'unknown' && !idempotent) return null;
  if (failure.retryAfterMs !== null) {
    // Some jitter on top, so that those who were turned away together do not come back together.
    return failure.retryAfterMs > policy.maximumMs
      ? null
      : failure.retryAfterMs + random() * Math.min(policy.initialMs, policy.maximumMs);
  }
  return backoffMs(attempt, policy, random(), 0.5);
}

/** Milliseconds of a Retry-After header (RFC 9110: seconds or an HTTP date); null where there is none to be read. */
export function retryAfterMs(header: string | null, now: number): number | null {
  const text = header?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  if (!/[a-z]/i.test(text)) return null;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}
