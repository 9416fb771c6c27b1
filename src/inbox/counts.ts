import type { InboxCounts, ReasonCount } from './event-records.ts';
import type { EventOutcome, EventState } from './event-status.ts';

/** How many events are in a state, as the storage counts them. */
export interface CountedRow {
  /** A state, the outcome of settled events, or `unmatched` for those that are to be matched again. */
  state: Exclude<EventState, 'settled'> | EventOutcome | 'unmatched';
  count: number;
}

/** Puts the counts together; what is not among the rows is nothing. */
export function countsOf(
  rows: readonly CountedRow[],
  byReason: ReasonCount[],
  oldestUnsettledAt: number | null,
  unindexed: { count: number; oldestAt: number | null } = { count: 0, oldestAt: null },
): InboxCounts {
  const counts: InboxCounts = {
    waiting: 0,
    deferred: 0,
    delivering: 0,
    processed: 0,
    error: 0,
    dead: 0,
    unmatched: 0,
    byReason,
    oldestUnsettledAt,
    unindexed: unindexed.count,
    oldestUnindexedAt: unindexed.oldestAt,
  };
  for (const { state, count } of rows) counts[state] = count;
  return counts;
}
