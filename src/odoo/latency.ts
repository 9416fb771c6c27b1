import type { OdooClient } from './client.ts';

/** How long the last calls took, in milliseconds. */
export interface CallTimes {
  median: number;
  slowest: number;
}

/** Calls that the figures are of. */
const KEPT = 100;

/** Remembers how long Odoo took for its last answers. */
export class Latency {
  readonly #times: number[] = [];

  /** The same client, its calls timed. Those that failed count as well: somebody waited for them. */
  watch(client: OdooClient): OdooClient {
    const times = this.#times;
    return {
      get protocol() {
        return client.protocol;
      },
      uid: () => client.uid(),
      async call(...args) {
        const start = performance.now();
        try {
          return await client.call(...args);
        } finally {
          times.push(performance.now() - start);
          if (times.length > KEPT) times.shift();
        }
      },
    };
  }

  /** Null before the first call. */
  get times(): CallTimes | null {
    const sorted = this.#times.toSorted((a, b) => a - b);
    const slowest = sorted.at(-1);
    return slowest === undefined ? null : { median: sorted[sorted.length >> 1] ?? slowest, slowest };
  }
}
