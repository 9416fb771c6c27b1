import { Limit } from '../../lib/limit.ts';
import type { Timing } from '../../lib/timing.ts';

/** What a registry allows. */
export interface GateLimits {
  /** Requests at once, at least 1. */
  width: number;
  /** Requests that may begin in any second; as many as come where left out. */
  perSecond?: number | undefined;
}

/** The network brings requests closer together than they were sent: this much of the allowed pace is used. */
const PACE = 0.95;

/**
 * Bounds how many requests are under way at a registry at once and how many begin in a second, and holds all of them
 * back while the registry asks for a pause: to go on knocking after a 429 only lengthens it.
 *
 * Requests begin evenly spread, and the first one a whole step after the gate was made: so the pace also holds over a
 * restart, whatever the process before this one sent last.
 */
export class Gate {
  readonly #timing: Timing;
  readonly #places: Limit;
  #closedUntil = Number.NEGATIVE_INFINITY;
  /** Milliseconds between two requests. */
  readonly #stepMs: number;
  /** When the next request may begin. */
  #nextAt: number;

  constructor({ width, perSecond }: GateLimits, timing: Timing) {
    this.#places = new Limit(width);
    this.#timing = timing;
    this.#stepMs = perSecond === undefined ? 0 : 1000 / (perSecond * PACE);
    this.#nextAt = timing.now() + this.#stepMs;
  }

  /** No request begins for so many milliseconds. */
  pause(ms: number): void {
    this.#closedUntil = Math.max(this.#closedUntil, this.#timing.now() + ms);
  }

  /** Runs `work` as soon as there is a place. An aborted signal gives up the place in the queue. */
  through<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    return this.#places.run(async () => {
      for (let left = this.#left(); left > 0; left = this.#left()) await this.#timing.wait(left, signal);
      signal?.throwIfAborted();
      this.#nextAt = this.#timing.now() + this.#stepMs;
      return work();
    }, signal);
  }

  /** Milliseconds until a request may begin. */
  #left(): number {
    const now = this.#timing.now();
    // A clock that was set back must not hold everything up.
    this.#nextAt = Math.min(this.#nextAt, now + this.#stepMs);
    return Math.max(this.#nextAt, this.#closedUntil) - now;
  }
}
