import type { InboxEventType } from '../events/identity-event.ts';
import type { Identifier } from '../events/vital-event.ts';
import type { AttemptCall } from './attempt-calls.ts';
import type { SeenEvent } from './event-actions.ts';
import type { EventOutcome } from './event-status.ts';
import type { AdoptedRow } from './messages.ts';

/**
 * Which of the waiting events to claim: `common` those that go in batches, `alone` those that are suspected of spoiling
 * the batch they are in (see `ALONE_FROM`).
 */
export type ClaimQueue = 'common' | 'alone';

/** Failures after which an event is suspected, and goes alone. */
export const ALONE_FROM = 5;

/**
 * Milliseconds that an event is deferred at most: until tomorrow begins by Odoo's calendar, and a little. A due time
 * further away was made by a clock that was ahead and has been set right since; it counts as come.
 */
export const LONGEST_DEFERRAL_MS = 25 * 3_600_000;

/** An event in the hands of the delivery loop. */
export interface ClaimedEvent {
  id: number;
  messageInboxId: number;
  correlationId: string;
  senderId: string;
  messageId: string;
  type: InboxEventType;
  date: string | null;
  identifiers: Identifier[];
  /** The message that announced it, as received. */
  body: string;
  /** Its place among the events of the message, from 0. */
  position: number;
  /** Milliseconds since the epoch. */
  receivedAt: number;
  /** The reference that the bridge gives the row where OpenSPP has no sequence: unique, never reused. */
  reference: string;
  /** Failures of its own so far; a delivery that waits for Odoo does not count. */
  attempts: number;
  /** How often its delivery failed since it last began to wait, in a way that may be its own fault. */
  failures: number;
  odooEventId: number | null;
  /** The row that it was read from; null for an event that a registry sent. */
  adopted: AdoptedRow | null;
  /** Whether it replaces what was said before about the same event (see `VitalEvent`). */
  correction: boolean;
}

/** An event that ended in an error because nobody, or not one registrant alone, was matched. */
export interface UnmatchedEvent {
  id: number;
  type: InboxEventType;
  date: string | null;
  identifiers: Identifier[];
  /** Why nobody was matched. */
  reason: string | null;
  /** When it ended so; milliseconds since the epoch. */
  settledAt: number;
}

/** What a batch made of one of its events. */
export type Settlement =
  | {
      kind: 'settled';
      id: number;
      outcome: EventOutcome;
      odooEventId: number | null;
      /** Why it is in error, in words for the caseworker; may hold personal data, like the event itself. */
      errorMessage: string | null;
      notes: string | null;
      /** When to see whether its registrant turned up; null or left out where that is not the trouble. */
      matchAgainAt?: number | null;
      /** Why it is in error, as a code without personal data; counts for an `error` only. */
      reason?: string | null;
    }
  /**
   * Give it back; `dueAt` null means at once. `reason` is a code without personal data. `failure` says whether the event
   * may be to blame: `shared`, its whole batch failed while Odoo was well (up to `ALONE_FROM` of them count); `own`, it
   * failed alone. `odooEventId`, where there is one, is kept as the id of its row.
   */
  | {
      kind: 'released';
      id: number;
      dueAt: number | null;
      reason: string;
      failure?: 'shared' | 'own';
      odooEventId?: number | null;
    }
  /** Set it aside; `reason` is a code without personal data. */
  | { kind: 'dead'; id: number; reason: string };

/** Which event is next, and what became of it. */
export interface EventQueue {
  /**
   * Takes up to `limit` due events, earliest event date first, corrections as if dated the day that they were received,
   * fewer where their messages are large, and records the start of an attempt of each. An event that is claimed is in
   * nobody else's hands until `settle`. One that was claimed when its bridge died is deferred: a call of the dead bridge
   * may still be running inside Odoo.
   */
  claim(limit: number, now: number, queue?: ClaimQueue): Promise<ClaimedEvent[]>;
  /**
   * Ends the attempts of claimed events; all in one commit. What is no longer this process's is left as it is.
   *
   * @param calls those that were made for all of them together; kept with the attempts that end
   */
  settle(settlements: Settlement[], now: number, calls?: readonly AttemptCall[]): Promise<void>;
  /** Calls back after each commit of this process that made events wait; returns what takes it back. */
  onWaiting(callback: () => void): () => void;
  /** When the next deferred event falls due, milliseconds since the epoch; null where there is none. */
  nextDueAt(): Promise<number | null>;
  /**
   * Makes settled, deferred and dead events wait again, as if new (see `MAY_CHANGE`); gives the ids it found. An event
   * that is no longer as it was seen stays as it is: delivery, or somebody else, was faster.
   */
  retry(events: readonly (number | SeenEvent)[]): Promise<number[]>;
  /** Sets waiting and deferred events, and those that ended in an error, aside as dead, in the same way. */
  setAside(events: readonly (number | SeenEvent)[]): Promise<number[]>;
  /**
   * Settles events that their registry took back before anybody tried to deliver them: `processed`, with the reason
   * `WITHDRAWN` and no row in OpenSPP. Nothing makes them wait again. Gives the ids it found; what was tried already is
   * not among them.
   */
  withdraw(ids: number[], now: number): Promise<number[]>;
  /**
   * Forgets the row ids of up to `limit` events, for an inbox that continues with another OpenSPP, where they are other rows.
   * Events that were read from rows are set aside where they wait, and are not matched again. Events in hand are left.
   *
   * @returns how many it changed
   */
  forgetRows(limit: number): Promise<number>;
  /** Events in error whose time to be matched again has come, longest due first. */
  dueMatches(limit: number, now: number): Promise<UnmatchedEvent[]>;
  /** When they are to be matched again; `at` null means never. */
  matchAgain(times: readonly { id: number; at: number | null }[]): Promise<void>;
}
