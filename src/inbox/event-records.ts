import type { InboxEventType } from '../events/identity-event.ts';
import type { Identifier } from '../events/vital-event.ts';
import type { AttemptCall } from './attempt-calls.ts';
import type { EventOutcome, EventState, EventStatus } from './event-status.ts';
import type { Rates, ReasonCount, Tally } from './overview.ts';

export interface EventFilter {
  state?: EventState | undefined;
  outcome?: EventOutcome | undefined;
  type?: InboxEventType | undefined;
  senderId?: string | undefined;
  /** Only events whose reason is this code. */
  reason?: string | undefined;
  /** Only events received at that time or later; milliseconds since the epoch. */
  receivedFrom?: number | undefined;
  /** Only events received before that time. */
  receivedBefore?: number | undefined;
  /** Only events with one of these ids. */
  ids?: readonly number[] | undefined;
  /** Only events that an entry of the audit log is about. */
  audit?: number | undefined;
  /** Only events with an id below this one: the next page of the newest first. */
  before?: number | undefined;
  /** Only events with an id above this one: the next page of the oldest first. */
  after?: number | undefined;
}

export interface EventListing extends EventFilter {
  /** Fifty where it is left out. */
  limit?: number | undefined;
  /** By when they were received; the newest come first where it is left out. */
  order?: 'newest' | 'oldest' | undefined;
  /** Another order; `order` then says nothing. */
  sort?: EventSort | undefined;
}

/** A line of a list: no personal data. */
export interface EventSummary extends EventStatus {
  type: InboxEventType;
  date: string | null;
  senderId: string;
  correlationId: string;
  receivedAt: number;
  settledAt: number | null;
  dueAt: number | null;
  attempts: number;
  /**
   * Why it is not applied: a code without personal data, such as `odoo.unreachable`, from the last settlement. Null
   * where OpenSPP processed it, where it was not tried since it came or was retried, and where nobody gave a reason.
   */
  reason: string | null;
}

export interface Attempt {
  startedAt: number;
  endedAt: number | null;
  /** `processed`, `error`, a code such as `odoo.unreachable`, or null while it runs. */
  outcome: string | null;
  /** Of its whole batch, in their order; none where an older bridge made it, or while it runs. */
  calls: AttemptCall[];
}

/** What a list can be sorted by, besides when events were received. */
export const SORT_COLUMNS = ['type', 'date', 'state', 'reason', 'took', 'sender', 'attempts'] as const;
export type SortColumn = (typeof SORT_COLUMNS)[number];

/**
 * An order of events. Among equals the newest come first. What has no date or no reason comes last, and so does what
 * was set aside in an order by `took`, both up and down.
 */
export interface EventSort {
  by: SortColumn;
  descending: boolean;
  /** Milliseconds since the epoch, by which it is known how long an event has waited. */
  now: number;
  /** Only events that come after this one. */
  after?: EventSummary | undefined;
  /** The same order from its end: to find what comes before an event. */
  reversed?: boolean | undefined;
}

/** One event whole, with the message as received. */
export interface EventDetails extends EventSummary {
  identifiers: Identifier[];
  /** Its place among the events of the message, from 0. */
  position: number;
  reference: string;
  messageId: string;
  action: string;
  dialect: string | null;
  kid: string | null;
  body: string;
  errorMessage: string | null;
  notes: string | null;
  history: Attempt[];
}

export interface InboxCounts {
  waiting: number;
  deferred: number;
  delivering: number;
  processed: number;
  error: number;
  dead: number;
  /** Of those in `error`: how many will be matched again by themselves. */
  unmatched: number;
  /** How many of the events that are not processed have which reason, most first. */
  byReason: ReasonCount[];
  /** When the oldest event was received that is neither settled nor dead, nor left out; null where there is none. */
  oldestUnsettledAt: number | null;
  /** How many events a search does not find yet. They are delivered and counted anyway. */
  unindexed: number;
  /** When the oldest of those was received; null where there is none. Above a few seconds ago, indexing fails. */
  oldestUnindexedAt: number | null;
}

/** Which events do not count as the oldest that is not settled. */
export interface LeftOut {
  /** With one of these reasons. */
  reasons: readonly string[];
  /** With one of these reasons, and deferred to a time that is not over yet. */
  untilDue: readonly string[];
  /** Milliseconds since the epoch. */
  now: number;
}

/** The states of events, for people and for metrics. */
export interface EventRecords {
  list(listing: EventListing): Promise<EventSummary[]>;
  /** How many events a filter matches; counting ends at `limit`. */
  count(filter: EventFilter, limit: number): Promise<number>;
  show(id: number): Promise<EventDetails | null>;
  /**
   * The events that a text names, newest first: by their id, their row's id in OpenSPP, the message's id, its correlation
   * id, or the value of one of their identifiers.
   */
  find(text: string, limit: number): Promise<EventSummary[]>;
  /** The states of the events whose row in OpenSPP has one of these ids, by that id. */
  findByRows(odooEventIds: readonly number[]): Promise<Map<number, { id: number; state: EventState }>>;
  counts(leftOut?: LeftOut): Promise<InboxCounts>;
  /** How many events of each type are in each state, and how many in each state have which reason. */
  tally(leftOut?: LeftOut): Promise<Tally>;
  /** How many events came and were settled in each of `spans` spans of `spanMs` milliseconds from `from` on. */
  rates(from: number, spanMs: number, spans: number): Promise<Rates>;
}
