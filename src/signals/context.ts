import { AsyncLocalStorage } from 'node:async_hooks';

/** What the current work is part of. */
export interface WorkContext {
  /** Members that each line of the log gets; null for none. */
  readonly log: Readonly<Record<string, unknown>> | null;
  /** The `traceparent` that calls to others carry; null for none. */
  readonly traceparent: string | null;
}

const storage = new AsyncLocalStorage<WorkContext | null>();

/** What the current work is part of; null for none. */
export function workContext(): WorkContext | null {
  return storage.getStore() ?? null;
}

/** Does the work as part of something, or with null of nothing. */
export function inContext<T>(context: WorkContext | null, work: () => T): T {
  return storage.run(context, work);
}

/** What the lines of the log get from the work that they are written in. */
export function logContext(): Record<string, unknown> {
  return { ...workContext()?.log };
}
