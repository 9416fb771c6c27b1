/** What one process has, among those that share an inbox. */
export interface Leases {
  /**
   * Aborts when what this process has claimed and holds may have been given to another one: it could not be renewed in
   * time. Work on it stops writing then. One that never aborts where no other process can have it.
   */
  lease(): AbortSignal;
  /**
   * Holds those of `keys` that nobody holds, over all bridges that share the inbox, until they are freed or this process
   * dies. Keys that this process holds already are not given again.
   *
   * @returns those that are held now because of this call
   */
  hold(keys: readonly string[]): Promise<ReadonlySet<string>>;
  /**
   * Frees keys that `hold` gave, after `afterMs` milliseconds where that is given. Then they outlive a stop of this
   * process as well.
   */
  free(keys: readonly string[], afterMs?: number): Promise<void>;
}
