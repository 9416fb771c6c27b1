import type { InboxEventType } from '../events/identity-event.ts';
import type { EventOutcome, EventState } from './event-status.ts';

/** How many events of a type are in a state. */
interface TallyRow {
  type: InboxEventType;
  state: EventState;
  outcome: EventOutcome | null;
  count: number;
}

/** How many events have a reason (see `EventSummary`). */
export interface ReasonCount {
  reason: string;
  count: number;
}

/** The same in one state; those in error are `settled`. */
export interface ReasonRow extends ReasonCount {
  state: EventState;
}

export interface Tally {
  rows: TallyRow[];
  /** Most first. */
  reasons: ReasonRow[];
  /** When the oldest event was received that is neither settled nor dead, nor left out; null where there is none. */
  oldestUnsettledAt: number | null;
}

/** How many events are the same in all that is counted. */
export type CountRow = TallyRow & { reason: string | null };

/** Puts the counts of the storage together. */
export function tallyOf(counted: readonly CountRow[], oldestUnsettledAt: number | null): Tally {
  const rows = new Map<string, TallyRow>();
  const reasons = new Map<string, ReasonRow>();
  for (const { type, state, outcome, reason, count } of counted) {
    addTo(rows, `${type} ${state} ${outcome}`, { type, state, outcome, count });
    if (reason !== null) addTo(reasons, `${state} ${reason}`, { reason, state, count });
  }
  return { rows: [...rows.values()], reasons: [...reasons.values()].sort(mostFirst), oldestUnsettledAt };
}

/** How many events have which reason, most first. */
export function byReason(reasons: readonly ReasonRow[]): ReasonCount[] {
  const sums = new Map<string, ReasonCount>();
  for (const { reason, count } of reasons) addTo(sums, reason, { reason, count });
  return [...sums.values()].sort(mostFirst);
}

function addTo<T extends { count: number }>(sums: Map<string, T>, key: string, row: T): void {
  const known = sums.get(key);
  if (known) known.count += row.count;
  else sums.set(key, row);
}

function mostFirst(a: ReasonCount, b: ReasonCount): number {
  return b.count - a.count || (a.reason < b.reason ? -1 : 1);
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
