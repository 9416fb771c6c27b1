/** Callbacks for when events wait. */
export class WaitingCallbacks {
  readonly #callbacks = new Set<() => void>();

  /** See `EventQueue.onWaiting`. */
  on(callback: () => void): () => void {
    this.#callbacks.add(callback);
    return () => this.#callbacks.delete(callback);
  }

  announce(): void {
    for (const callback of this.#callbacks) callback();
  }
}
