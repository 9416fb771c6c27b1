import { orAborted } from './abort.ts';

/** Bounds how much work is under way at once; the rest waits for its turn, in the order in which it came. */
export class Limit {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  /** @param width at once, at least 1 */
  constructor(width: number) {
    this.#free = width;
  }

  /**
   * Runs `work` as soon as there is a place. An aborted signal gives up the place in the queue.
   *
   * @throws the signal's reason, or what `work` rejects with
   */
  async run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    await this.#enter(signal);
    try {
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
