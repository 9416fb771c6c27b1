/** What undoes the changes of the transaction that is under way, newest last. */
export class Journal {
  readonly #undo: (() => void)[] = [];

  record(undo: () => void): void {
    this.#undo.push(undo);
  }

  /** A point to come back to. */
  mark(): number {
    return this.#undo.length;
  }

  /** Undoes everything since a mark. */
  rollback(mark: number): void {
    while (this.#undo.length > mark) this.#undo.pop()?.();
  }

  /** Makes the changes so far final. */
  commit(): void {
    this.#undo.length = 0;
  }
}
