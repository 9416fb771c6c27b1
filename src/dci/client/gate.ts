import { orAborted, type Timing } from './timing.ts';

/**
 * Bounds how many requests are under way at a registry at once, and holds all of them back while the registry asks for
 * a pause: whoever goes on knocking after a 429 only lengthens it.
 */
export class Gate {
  readonly #timing: Timing;
  readonly #waiting: (() => void)[] = [];
  #free: number;
  #closedUntil = Number.NEGATIVE_INFINITY;

  /** @param width requests at once, at least 1 */
  constructor(width: number, timing: Timing) {
    this.#free = width;
    this.#timing = timing;
  }

  /** No request begins for so many milliseconds. */
  pause(ms: number): void {
    this.#closedUntil = Math.max(this.#closedUntil, this.#timing.now() + ms);
  }

  /** Runs `work` as soon as there is a place. An aborted signal gives up the place in the queue. */
  async through<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    await this.#enter(signal);
    try {
      for (;;) {
        const left = this.#closedUntil - this.#timing.now();
        if (left <= 0) break;
        await this.#timing.wait(left, signal);
      }
      signal?.throwIfAborted();
      return await work();
    } finally {
      this.#leave();
    }
  }

  async #enter(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    const turn = Promise.withResolvers<void>();
    this.#waiting.push(turn.resolve);
    try {
      await orAborted(turn.promise, signal);
    } catch (error) {
      const place = this.#waiting.indexOf(turn.resolve);
      // The turn may have come in the moment of giving up: then it goes to the next.
      if (place >= 0) this.#waiting.splice(place, 1);
      else this.#leave();
      throw error;
    }
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free += 1;
  }
}
