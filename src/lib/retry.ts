import { SYSTEM_TIMING, type Timing } from './timing.ts';

export interface BackoffSettings {
  initialMs: number;
  maximumMs: number;
}

/**
 * Exponential back-off with jitter, so that callers who failed together do not come back together.
 *
 * @param failures how often it has failed in a row, from 1
 * @param random a number in [0, 1); 1 for the bound itself
 * @param least the part of the bound that is waited at least, so that a failing server is not hammered
 * @returns milliseconds
 */
export function backoffMs(
  failures: number,
  { initialMs, maximumMs }: BackoffSettings,
  random = Math.random(),
  least = 0.1,
): number {
  const bound = Math.min(maximumMs, initialMs * 2 ** Math.min(failures - 1, 30));
  return Math.round(bound * (least + (1 - least) * random));
}

export interface RetryOptions {
  /**
   * Milliseconds until the next attempt, after so many failures (from 1). Null gives up: the error is thrown. It may
   * throw another error in its place.
   */
  pauseAfter(error: unknown, failures: number): number | null;
  timing?: Pick<Timing, 'wait'> | undefined;
  /** Ends the wait: the call then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** Makes attempts, one after the other, until one succeeds or `pauseAfter` gives up. */
export async function retried<T>(
  attempt: () => Promise<T>,
  { pauseAfter, timing = SYSTEM_TIMING, signal }: RetryOptions,
): Promise<T> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await attempt();
    } catch (error) {
      const pause = pauseAfter(error, failures);
      if (pause === null) throw error;
      await timing.wait(pause, signal);
    }
  }
}
