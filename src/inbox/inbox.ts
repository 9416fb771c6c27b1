import type { Identifier, VitalEvent, VitalEventType } from '../events/vital-event.ts';

/** A message that was verified and is about to be committed. */
export interface NewMessage {
  senderId: string;
  messageId: string;
  /** SHA-256 of the canonical content, hex: the same `message_id` with another one is a conflict. */
  contentDigest: string;
  /** DCI action: `notify`, `on-search`, … */
  action: string;
  /** The dialect that was read, such as `spdci` or `openspp`; null for a message without events. */
  dialect: string | null;
  /** How it was trusted: the kid of the signature's key, or null where unsigned messages were allowed. */
  kid: string | null;
  /** Milliseconds since the epoch. */
  receivedAt: number;
  /** The body, to the letter; of a sealed message the envelope opened, with the JWE as `sealed_message`. */
  body: string;
  events: VitalEvent[];
}

/** What became of an event in OpenSPP. */
export type EventOutcome = 'processed' | 'error';

/**
 * Where an event stands in the inbox: `waiting` (to be taken as soon as a batch has room), `deferred` (not before its
 * due time), `delivering` (in a batch now), `settled` (its outcome is in OpenSPP).
 */
export type EventState = 'waiting' | 'deferred' | 'delivering' | 'settled';

/** How a committed message answers its sender, now and every time it is repeated. */
export interface Receipt {
  /** `created`: committed now. `repeated`: was there before with the same content. `conflict`: with another. */
  kind: 'created' | 'repeated' | 'conflict';
  inboxId: number;
  correlationId: string;
  /** When the message was first received; milliseconds since the epoch. */
  receivedAt: number;
  events: EventStatus[];
}

export interface EventStatus {
  id: number;
  state: EventState;
  outcome: EventOutcome | null;
  /** The id of the `spp.dci.crvs.event` row, once it is known. */
  odooEventId: number | null;
}

/** An event in the hands of the delivery loop. */
export interface ClaimedEvent {
  id: number;
  messageInboxId: number;
  correlationId: string;
  senderId: string;
  type: VitalEventType;
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
  odooEventId: number | null;
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
    }
  /** Give it back; `dueAt` null means at once. `reason` is a code without personal data. */
  | { kind: 'released'; id: number; dueAt: number | null; reason: string };

export interface EventFilter {
  state?: EventState | undefined;
  outcome?: EventOutcome | undefined;
  type?: VitalEventType | undefined;
  limit?: number | undefined;
  /** Only events with an id below this one: the page after it, newest first. */
  before?: number | undefined;
}

/** A line of a list: no personal data. */
export interface EventSummary extends EventStatus {
  type: VitalEventType;
  date: string | null;
  senderId: string;
  correlationId: string;
  receivedAt: number;
  settledAt: number | null;
  dueAt: number | null;
  attempts: number;
}

export interface Attempt {
  startedAt: number;
  endedAt: number | null;
  /** `processed`, `error`, a code such as `odoo.unreachable`, or null while it runs. */
  outcome: string | null;
}

/** One event whole, with the message as received. */
export interface EventDetails extends EventSummary {
  identifiers: Identifier[];
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
  /** When the oldest event not yet settled was received; null where there is none. */
  oldestUnsettledAt: number | null;
}

/** The inbox cannot take or give now (disk full, file gone, closed). No personal data in `message`. */
export class InboxUnavailableError extends Error {
  override readonly name = 'InboxUnavailableError';
  readonly code = 'inbox.unavailable';
}

/**
 * The durable inbox. What `accept` resolved is on disk and survives a power cut.
 *
 * Every method rejects with `InboxUnavailableError` where the storage does not answer.
 */
export interface Inbox {
  /**
   * Commits a message with its events, or finds it again by sender and `message_id`. Messages accepted at the same
   * time share one commit.
   */
  accept(message: NewMessage): Promise<Receipt>;
  /**
   * Takes up to `limit` due events, earliest event date first, fewer where their messages are large, and records the start of an attempt of each. An event
   * that is claimed is in nobody else's hands until `settle`. One that was claimed when the bridge died is deferred at
   * the next start: a call of the dead bridge may still be running inside Odoo.
   */
  claim(limit: number, now: number): Promise<ClaimedEvent[]>;
  /** Ends the attempts of claimed events; all in one commit. */
  settle(settlements: Settlement[], now: number): Promise<void>;
  /**
   * Resolves with the events of a message once all are settled, or as they stand when `timeoutMs` is over or `signal`
   * aborts.
   */
  waitSettled(inboxId: number, timeoutMs: number, signal?: AbortSignal): Promise<EventStatus[]>;
  /** Calls back after each commit of this process that made events wait; returns what takes it back. */
  onWaiting(callback: () => void): () => void;
  /** When the next deferred event falls due, milliseconds since the epoch; null where there is none. */
  nextDueAt(): Promise<number | null>;
  list(filter: EventFilter): Promise<EventSummary[]>;
  show(id: number): Promise<EventDetails | null>;
  /** Makes settled events wait again; gives the ids it found. */
  retry(ids: number[]): Promise<number[]>;
  counts(): Promise<InboxCounts>;
  /** Deletes messages all of whose events were settled before `before`; gives how many. */
  prune(before: number): Promise<number>;
  /** Small documents that must outlive a restart, such as the senders' keys; JSON. */
  getDocument(name: string): Promise<string | null>;
  putDocument(name: string, json: string): Promise<void>;
  /** Writes to the storage and reads it back; resolves where that works. */
  check(): Promise<void>;
  /** Finishes what was begun and closes the storage. */
  close(): Promise<void>;
}
