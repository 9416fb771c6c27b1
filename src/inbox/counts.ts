import type { InboxCounts } from './event-records.ts';
import { byReason, type Tally } from './overview.ts';

/** Events that a search does not find yet. */
export interface Unindexed {
  count: number;
  /** When the oldest of them was received, milliseconds since the epoch; null where there is none. */
  oldestAt: number | null;
}

/** The counts of a tally. @param unmatched events in error that will be matched again by themselves */
export function countsOf(
  { rows, reasons, oldestUnsettledAt }: Tally,
  unmatched: number,
  unindexed: Unindexed = { count: 0, oldestAt: null },
): InboxCounts {
  const counts: InboxCounts = {
    waiting: 0,
    deferred: 0,
    delivering: 0,
    processed: 0,
    error: 0,
    dead: 0,
    unmatched,
    byReason: byReason(reasons),
    oldestUnsettledAt,
    unindexed: unindexed.count,
    oldestUnindexedAt: unindexed.oldestAt,
  };
  for (const { state, outcome, count } of rows)
    counts[state === 'settled' ? (outcome ?? 'processed') : state] += count;
  return counts;
}
