import type { EventOutcome, EventState, InboxCounts } from './inbox.ts';

/** How many events stand somewhere, as the storage counts them. */
export interface CountedRow {
  /** A state, the outcome of settled events, or `unmatched` for those that are to be matched again. */
  state: Exclude<EventState, 'settled'> | EventOutcome | 'unmatched';
  count: number;
  /** When the oldest of them was received, milliseconds since the epoch; null where that is not asked. */
  oldest: number | null;
}

/** Puts the counts together; what is not among the rows is nothing. */
export function countsOf(rows: readonly CountedRow[]): InboxCounts {
  const counts: InboxCounts = {
    waiting: 0,
    deferred: 0,
    delivering: 0,
    processed: 0,
    error: 0,
    dead: 0,
    unmatched: 0,
    oldestUnsettledAt: null,
  };
  for (const { state, count, oldest } of rows) {
    counts[state] = count;
    if (state === 'dead' || oldest === null) continue;
    counts.oldestUnsettledAt = Math.min(oldest, counts.oldestUnsettledAt ?? oldest);
  }
  return counts;
}
