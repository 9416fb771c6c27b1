/**
 * How many events the next batch takes: half as many after a time-out, since a smaller batch may get through, and
 * twice as many again after each success, up to the configured size.
 */
export class BatchSize {
  readonly #maximum: number;
  #current: number;

  constructor(maximum: number) {
    this.#maximum = maximum;
    this.#current = maximum;
  }

  get current(): number {
    return this.#current;
  }

  timedOut(): void {
    this.#current = Math.max(1, Math.floor(this.#current / 2));
  }

  succeeded(): void {
    this.#current = Math.min(this.#maximum, this.#current * 2);
  }
}
