/** Bytes of each body that cost nothing of the budget: a usual message is a tenth of it, and is always let in. */
const FREE_BYTES = 16_384;

/** The memory that bodies take together, while they come and until their messages are answered. */
export class BodyBudget {
  readonly #bytes: number;
  #taken = 0;

  /** @param bytes for what bodies have beyond their first 16 KiB */
  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  /** Bytes that are taken now. */
  get taken(): number {
    return this.#taken;
  }

  /** An account of one body; it must be closed. */
  open(): BodyAccount {
    let size = 0;
    let charged = 0;
    return {
      add: (bytes) => {
        size += bytes;
        const due = Math.max(0, size - FREE_BYTES);
        if (due > charged && this.#taken + due - charged > this.#bytes) return false;
        this.#taken += due - charged;
        charged = due;
        return true;
      },
      close: () => {
        this.#taken -= charged;
        charged = 0;
      },
    };
  }
}

export interface BodyAccount {
  /** Adds what came; false where the budget has no room for it. */
  add(bytes: number): boolean;
  /** Gives back all that it took. */
  close(): void;
}
