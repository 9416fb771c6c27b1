import type { AuditTrail } from './audit.ts';
import type { Documents } from './documents.ts';
import type { EventQueue } from './event-queue.ts';
import type { EventRecords } from './event-records.ts';
import type { Leases } from './leases.ts';
import type { Messages } from './messages.ts';
import type { PendingRequests } from './pending-requests.ts';
import type { Refusals } from './refusals.ts';
import type { Schedules } from './schedules.ts';

export type { AttemptCall } from './attempt-calls.ts';
export {
  ALONE_FROM,
  type ClaimedEvent,
  type ClaimQueue,
  type Settlement,
  type UnmatchedEvent,
} from './event-queue.ts';
export type {
  Attempt,
  EventDetails,
  EventFilter,
  EventListing,
  EventSummary,
  InboxCounts,
} from './event-records.ts';
export { EVENT_STATES, type EventOutcome, type EventState, type EventStatus } from './event-status.ts';
export type { NewMessage, Receipt } from './messages.ts';
export { InboxUnavailableError } from './unavailable.ts';

/**
 * The durable inbox: stores with one reason each, over one storage. What `accept` resolved is on disk and survives a
 * power cut.
 *
 * Every method rejects with `InboxUnavailableError` where the storage does not answer.
 */
export interface Inbox
  extends Messages,
    EventQueue,
    EventRecords,
    Leases,
    Schedules,
    Documents,
    PendingRequests,
    AuditTrail,
    Refusals {
  /**
   * Bytes of the log that a reader who does not end lets grow: SQLite's write-ahead log. Null where the storage has none
   * of that kind.
   */
  logBytes(): Promise<number | null>;
  /** Writes to the storage and reads it back; resolves where that works. */
  check(): Promise<void>;
  /** Finishes what was begun and closes the storage. */
  close(): Promise<void>;
}
