/**
 * A rate limit: so many in a minute, of which a whole minute's may come at once, and then as fast as they are refilled.
 */
export class TokenBucket {
  readonly #perMinute: number;
  #tokens: number;
  #filledAt: number | null = null;

  /** @param perMinute at least 1 */
  constructor(perMinute: number) {
    this.#perMinute = perMinute;
    this.#tokens = perMinute;
  }

  /**
   * Takes one.
   *
   * @param now milliseconds since the epoch
   * @returns 0 where there was one, else the whole seconds until there is
   */
  take(now: number): number {
    const passed = Math.max(0, now - (this.#filledAt ?? now));
    this.#tokens = Math.min(this.#perMinute, this.#tokens + (passed * this.#perMinute) / 60_000);
    this.#filledAt = now;
    if (this.#tokens >= 1) {
      this.#tokens -= 1;
      return 0;
    }
    return Math.max(1, Math.ceil(((1 - this.#tokens) * 60) / this.#perMinute));
  }
}
