/** Answers that are held back at once because their clients prefer to wait. */
export class Waits {
  readonly #most: number;
  #held = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** How many are held. */
  get held(): number {
    return this.#held;
  }

  /** Does what is waited for; null where so many wait that this one is not to. */
  async hold<T>(wait: () => Promise<T>): Promise<T | null> {
    if (this.#held >= this.#most) return null;
    this.#held += 1;
    try {
      return await wait();
    } finally {
      this.#held -= 1;
    }
  }
}
