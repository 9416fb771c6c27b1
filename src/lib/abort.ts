/** Settles as `work` does, or rejects with the signal's reason as soon as it aborts, whatever `work` does then. */
export async function orAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
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

export interface Deadline {
  timeoutMs: number;
  /** The caller's own; the work then rejects with its reason. */
  signal?: AbortSignal | undefined;
  /** Makes the reason with which the work rejects when the time is over. */
  timeout(): Error;
}

/** Runs `work` with a signal that aborts at the deadline. Rejects at that moment, even where `work` ignores the signal. */
export async function withDeadline<T>(
  { timeoutMs, signal, timeout }: Deadline,
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
