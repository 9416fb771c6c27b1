import type { InboxEventType } from '../events/identity-event.ts';
import type { EventOutcome, EventState } from './event-status.ts';

/** How many events of a type are in a state. */
export interface TallyRow {
  type: InboxEventType;
  state: EventState;
  outcome: EventOutcome | null;
  count: number;
}

/** How many events in a state have a reason; those in error are `settled`. */
export interface ReasonRow {
  reason: string;
  state: EventState;
  count: number;
}

export interface Tally {
  rows: TallyRow[];
  /** Most first. */
  reasons: ReasonRow[];
}

/** How many events came and went, by equal spans of time; the first span begins at `from`. */
export interface Rates {
  /** By when they were received. */
  accepted: number[];
  /** By when they were last settled. */
  settled: number[];
  /** Of those settled: which ended in an error, by span (from 0) and reason; null where no reason is known. */
  errors: { span: number; reason: string | null; count: number }[];
  /** Messages, and parts of messages, that were refused. */
  refused: number[];
}

/** Puts the counts of spans in their places. */
export function spread(rows: readonly { span: number; count: number }[], spans: number): number[] {
  const counts = new Array<number>(spans).fill(0);
  for (const { span, count } of rows) counts[span] = (counts[span] ?? 0) + count;
  return counts;
}
