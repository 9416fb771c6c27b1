/** Wrong tokens from one address within the window; then a further one is not counted, and not written down. */
const TRIES = 10;
const WINDOW_MS = 60_000;
/** Addresses that are remembered; a stranger with many is stopped by the length of the token. */
const ADDRESSES = 10_000;

/** Bounds what wrong tokens cost. They are not guessed: a token has 32 characters or more. */
export class SignInLimit {
  readonly #clock: () => number;
  readonly #failures = new Map<string, { count: number; until: number }>();

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** Milliseconds that an address has to wait; 0 where it may try. */
  waitMs(address: string): number {
    const known = this.#failures.get(address);
    return known && known.count >= TRIES ? Math.max(0, known.until - this.#clock()) : 0;
  }

  failed(address: string): void {
    const now = this.#clock();
    const known = this.#failures.get(address);
    if (known && known.until > now) {
      known.count += 1;
      return;
    }
    this.#failures.delete(address);
    const [oldest] = this.#failures.keys();
    if (this.#failures.size >= ADDRESSES && oldest !== undefined) this.#failures.delete(oldest);
    this.#failures.set(address, { count: 1, until: now + WINDOW_MS });
  }
}
