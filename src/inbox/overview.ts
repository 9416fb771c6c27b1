import type { InboxEventType } from '../events/identity-event.ts';
import type { EventOutcome, EventState } from './event-status.ts';

/** How many events of a type stand somewhere. */
export interface TallyRow {
  type: InboxEventType;
  state: EventState;
  outcome: EventOutcome | null;
  count: number;
}

export interface Tally {
  rows: TallyRow[];
  /** When the oldest event was received that waits or is being delivered; null where there is none. */
  oldestWaitingAt: number | null;
}

/** How many events came and went, by equal spans of time; the first span begins at `from`. */
export interface Rates {
  /** By when they were received. */
  accepted: number[];
  /** By when they were last settled. */
  settled: number[];
}
