import type { Refusal } from '../inbox/refusals.ts';

/** Messages that were refused for one reason. */
export interface Refused {
  /** As registered or configured; null where it is not known. */
  senderId: string | null;
  /** A code, such as `signature.mismatch` or `err.request.bad`. */
  reason: string;
  count: number;
  /** When the last of them came, milliseconds since the epoch. */
  lastAt: number;
}

/** The reasons are ours, so that there are few; the bound is for the day that one is made of something else. */
const KINDS_LIMIT = 2000;

/** Counts refused messages since the start, in memory. */
export class RefusalCounts {
  readonly #kinds = new Map<string, Refused>();

  /** Counts one; those of unknown senders together, so that strangers cannot fill the memory. */
  add({ senderId, reason, at: now }: Pick<Refusal, 'senderId' | 'reason' | 'at'>): void {
    const key = JSON.stringify([senderId, reason]);
    const known = this.#kinds.get(key);
    if (known) {
      known.count += 1;
      known.lastAt = now;
    } else if (this.#kinds.size < KINDS_LIMIT) {
      this.#kinds.set(key, { senderId, reason, count: 1, lastAt: now });
    }
  }

  /** The latest first. */
  list(): Refused[] {
    return [...this.#kinds.values()].map((one) => ({ ...one })).sort((a, b) => b.lastAt - a.lastAt);
  }
}
