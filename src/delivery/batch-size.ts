export interface BatchSizeBounds {
  /** Of the first batch, while nothing is known of this Odoo; within the bounds. */
  first: number;
  minimum: number;
  maximum: number;
  /** Milliseconds that a batch's slowest call should take at most. */
  targetCallMs: number;
}

/** How much a batch may grow from one to the next. */
const GROWTH = 2;

/**
 * How many events the next batch takes: as many as Odoo answers for within the target time, within bounds. Larger
 * batches cost fewer calls; smaller ones lose less to a time-out, and leave Odoo's workers to its users.
 */
export class BatchSize {
  readonly #bounds: BatchSizeBounds;
  #current: number;
  /** What gets through to Odoo at all; below the minimum, where it must be. */
  #ceiling = Number.POSITIVE_INFINITY;

  constructor(bounds: BatchSizeBounds) {
    this.#bounds = bounds;
    this.#current = this.#bounded(bounds.first);
  }

  get current(): number {
    return this.#current;
  }

  /** A smaller batch may get through. */
  timedOut(): void {
    this.#current = this.#bounded(this.#current / 2);
  }

  /**
   * A request of a batch was cut off on its way, and its size is the likely cause: until the process starts again,
   * batches have half of its events at most.
   *
   * @param events how many the batch had, more than one
   */
  cutOff(events: number): void {
    this.#ceiling = Math.min(this.#ceiling, Math.max(1, Math.floor(events / 2)));
    this.#current = this.#bounded(this.#current);
  }

  /**
   * @param events how many the batch had: a small one says nothing about a large one
   * @param slowestCallMs of its calls
   */
  delivered(events: number, slowestCallMs: number): void {
    const { targetCallMs } = this.#bounds;
    if (slowestCallMs > targetCallMs) {
      this.#current = this.#bounded((this.#current * targetCallMs) / slowestCallMs);
    } else if (events >= this.#current) {
      const factor = targetCallMs / Math.max(1, slowestCallMs);
      this.#current = this.#bounded(this.#current * Math.min(GROWTH, factor));
    }
  }

  #bounded(size: number): number {
    const within = Math.max(this.#bounds.minimum, Math.min(this.#bounds.maximum, Math.round(size)));
    return Math.min(this.#ceiling, within);
  }
}
