const BITS = 65_536;
const WORDS = BITS / 32;

/**
 * A set of ids of records. It takes an eighth of a byte for each id up to the highest, so that the members of a program
 * of millions fit in a few hundred kilobytes, and gives them in order, each once.
 */
export class IdSet {
  readonly #blocks = new Map<number, Uint32Array>();
  #size = 0;

  /** How many there are. */
  get size(): number {
    return this.#size;
  }

  /** @param id a whole number from 0 */
  add(id: number): void {
    const number = Math.floor(id / BITS);
    let block = this.#blocks.get(number);
    if (!block) {
      block = new Uint32Array(WORDS);
      this.#blocks.set(number, block);
    }
    const bit = id % BITS;
    const word = bit >>> 5;
    const mask = 1 << (bit & 31);
    const before = block[word] ?? 0;
    if ((before & mask) !== 0) return;
    block[word] = before | mask;
    this.#size += 1;
  }

  /** All of them, ascending, in lists of `length`; the last may be shorter. */
  *chunks(length: number): Generator<number[], void, void> {
    let chunk: number[] = [];
    for (const id of this.#ascending()) {
      chunk.push(id);
      if (chunk.length < length) continue;
      yield chunk;
      chunk = [];
    }
    if (chunk.length > 0) yield chunk;
  }

  *#ascending(): Generator<number, void, void> {
    for (const number of [...this.#blocks.keys()].sort((a, b) => a - b)) {
      const block = this.#blocks.get(number) ?? new Uint32Array();
      for (const [word, bits] of block.entries()) {
        for (let bit = 0; bits >>> bit !== 0 && bit < 32; bit++) {
          if (((bits >>> bit) & 1) === 1) yield number * BITS + word * 32 + bit;
        }
      }
    }
  }
}
