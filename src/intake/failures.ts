/** Refused messages of one address and sender within the window; then large ones have to wait. */
const TRIES = 30;
const WINDOW_MS = 60_000;
/** Pairs that are remembered, the oldest of them forgotten first. */
const PAIRS = 10_000;
/**
 * Bytes up to which a message is always looked at: what it costs is small, and behind a proxy that is not known as one,
 * forged messages have the address of the sender.
 */
export const ALWAYS_TAKEN_BYTES = 65_536;

/**
 * Bounds the work for large messages that are refused again and again: counted by the address that they come from and
 * the sender that they claim.
 */
export class Failures {
  readonly #pairs = new Map<string, { count: number; until: number }>();

  /** Counts one that was refused. @param now milliseconds since the epoch */
  add(address: string, senderId: string, now: number): void {
    const pair = JSON.stringify([address, senderId]);
    const known = this.#pairs.get(pair);
    if (known && now < known.until) {
      known.count += 1;
      return;
    }
    this.#pairs.delete(pair);
    const [oldest] = this.#pairs.keys();
    if (this.#pairs.size >= PAIRS && oldest !== undefined) this.#pairs.delete(oldest);
    this.#pairs.set(pair, { count: 1, until: now + WINDOW_MS });
  }

  /** Seconds until a message of this size is looked at; 0 where it is at once. @param now milliseconds since the epoch */
  waitSeconds(address: string, senderId: string, bytes: number, now: number): number {
    if (bytes <= ALWAYS_TAKEN_BYTES) return 0;
    const known = this.#pairs.get(JSON.stringify([address, senderId]));
    if (!known || known.count < TRIES || now >= known.until) return 0;
    return Math.ceil((known.until - now) / 1000);
  }
}
