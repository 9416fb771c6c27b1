import type { OdooCallReport } from './client.ts';

/** How long the last calls took, in milliseconds. */
export interface CallTimes {
  median: number;
  slowest: number;
}

/** Calls that the figures are of. */
const KEPT = 100;

/** How long Odoo took for its last answers. Calls that failed count as well: somebody waited for them. */
export class Latency {
  readonly #times: number[] = [];

  add({ milliseconds }: OdooCallReport): void {
    this.#times.push(milliseconds);
    if (this.#times.length > KEPT) this.#times.shift();
  }

  /** Null before the first call. */
  get times(): CallTimes | null {
    const sorted = this.#times.toSorted((a, b) => a - b);
    const slowest = sorted.at(-1);
    return slowest === undefined ? null : { median: sorted[sorted.length >> 1] ?? slowest, slowest };
  }
}
