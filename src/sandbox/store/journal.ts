/** What undoes the changes of the transaction that is under way, newest last. */
export class Journal {
  readonly #undo: (() => void)[] = [];

  record(undo: () => void): void {
    this.#undo.push(undo);
  }

  /** Undoes everything since the last commit. */
  rollback(): void {
    while (this.#undo.length > 0) this.#undo.pop()?.();
  }

  /** Makes the changes so far final. */
  commit(): void {
    this.#undo.length = 0;
  }
}
