/** A time limit that does not run while somebody else is waited for. */
export class Stopwatch {
  #leftMs: number;
  #startedAt = 0;
  #timer: NodeJS.Timeout | null = null;
  #onOver: (() => void) | null = null;
  #pauses = 0;

  /** @param limitMs milliseconds */
  constructor(limitMs: number) {
    this.#leftMs = limitMs;
  }

  /** Begins; pauses that have begun before count. */
  start(onOver: () => void): void {
    this.#onOver = onOver;
    if (this.#pauses === 0) this.#run();
  }

  pause(): void {
    this.#pauses += 1;
    if (!this.#timer) return;
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#leftMs -= performance.now() - this.#startedAt;
  }

  go(): void {
    this.#pauses -= 1;
    if (this.#pauses === 0 && this.#onOver) this.#run();
  }

  stop(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#onOver = null;
  }

  #run(): void {
    this.#startedAt = performance.now();
    this.#timer = setTimeout(() => this.#onOver?.(), Math.max(0, this.#leftMs));
  }
}
