/** Settles as `work` does, or rejects with the signal's reason as soon as it aborts, whatever `work` does then. */
export async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([aborted.promise, work]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/**
 * Runs `work` with a signal that aborts after `timeoutMs` (its reason then made by `timeout`), or with the caller's
 * own `signal` and its reason. Rejects at that moment, even where `work` takes no notice.
 */
export async function withDeadline<T>(
  {
    timeoutMs,
    signal,
    timeout,
  }: { timeoutMs: number; signal?: AbortSignal | undefined; timeout: () => Error },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const controller = new AbortController();
  const abort = () => controller.abort(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  const timer = setTimeout(() => controller.abort(timeout()), timeoutMs);
  try {
    return await orAborted(work(controller.signal), controller.signal);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}
