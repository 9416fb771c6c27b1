/**
 * Does a piece of work every so often in this process, the first time at once. Where it is still being done when its
 * time comes, that time is left out.
 *
 * @returns stops it, and resolves when what is under way has ended
 */
export function repeat(
  everyMs: number,
  work: () => Promise<void>,
  onError: (error: unknown) => void,
): () => Promise<void> {
  let running: Promise<void> | null = null;
  const run = () => {
    running ??= work()
      .catch(onError)
      .finally(() => {
        running = null;
      });
  };
  run();
  // A longer one overflows Node's timers, and would fire at once, for ever.
  const timer = setInterval(run, Math.min(everyMs, 2_147_483_647));
  timer.unref();
  return async () => {
    clearInterval(timer);
    await running;
  };
}
