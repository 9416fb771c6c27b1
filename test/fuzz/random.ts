import { randomFrom } from '../dci/support.ts';

/** Choices from a seed: the same seed makes the same choices. */
export class Random {
  readonly #next: () => number;

  constructor(seed: number) {
    this.#next = randomFrom(seed);
  }

  /** A whole number from 0 to `below` - 1. */
  int(below: number): number {
    return Math.floor(this.#next() * below);
  }

  /** True once in so many times. */
  oneIn(times: number): boolean {
    return this.int(times) === 0;
  }

  of<T>(list: readonly T[]): T {
    return list[this.int(list.length)] as T;
  }
}
