/** Work that is done every so often, by one of the bridges that share an inbox. */
export interface Schedules {
  /**
   * Does a piece of work every so often, the first time at once, on one of the bridges that share the inbox at a time.
   * Where it is still being done when its time comes, that time is left out. `onError` is called with a failure.
   *
   * @param name of the work: the same on all bridges
   * @returns stops it, and resolves when what is under way has ended
   */
  schedule(
    name: string,
    everyMs: number,
    work: () => Promise<void>,
    onError: (error: unknown) => void,
  ): Promise<() => Promise<void>>;
}
