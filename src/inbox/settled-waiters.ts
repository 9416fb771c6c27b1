import type { EventStatus } from './event-status.ts';

/** Those who wait for a message's events to be settled, by the message. */
export class SettledWaiters {
  readonly #waiters = new Map<number, Set<(events: EventStatus[] | null) => void>>();

  /** The messages that somebody waits for. */
  get inboxIds(): number[] {
    return [...this.#waiters.keys()];
  }

  /** To be called with a message all of whose events are settled. */
  tell(inboxId: number, events: EventStatus[]): void {
    for (const resolve of this.#waiters.get(inboxId) ?? []) resolve(events);
  }

  /** Lets all who wait look for themselves. */
  wake(): void {
    for (const waiters of this.#waiters.values()) for (const resolve of waiters) resolve(null);
  }

  /** See `Inbox.waitSettled`. @param statusOf reads the states of the message's events */
  async wait(
    inboxId: number,
    timeoutMs: number,
    signal: AbortSignal | undefined,
    statusOf: () => Promise<EventStatus[]>,
  ): Promise<EventStatus[]> {
    const waiters = this.#waiters.get(inboxId) ?? new Set();
    this.#waiters.set(inboxId, waiters);
    let settle: (events: EventStatus[] | null) => void = () => {};
    const settled = new Promise<EventStatus[] | null>((resolve) => {
      settle = resolve;
    });
    const giveUp = () => settle(null);
    const timer = setTimeout(giveUp, timeoutMs);
    waiters.add(settle);
    signal?.addEventListener('abort', giveUp, { once: true });
    try {
      // Asked only after the waiter is there: what is settled in between is not missed.
      const events = await statusOf();
      if (signal?.aborted || events.every(({ state }) => state === 'settled')) return events;
      return (await settled) ?? (await statusOf());
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', giveUp);
      waiters.delete(settle);
      if (waiters.size === 0) this.#waiters.delete(inboxId);
    }
  }
}
