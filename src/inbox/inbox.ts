import type { InboxEvent, InboxEventType } from '../events/identity-event.ts';
import type { Identifier } from '../events/vital-event.ts';
import type { AuditEntry, AuditFilter, KeptAuditEntry } from './audit.ts';
import type { Rates, Tally } from './overview.ts';
import type { Refusals } from './refusals.ts';

/** A message that was verified and is about to be committed. */
export interface NewMessage {
  /** A UUID that its logs and its answer have; where left out, the inbox makes one. */
  correlationId?: string;
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
  events: InboxEvent[];
  /** Where it was not sent, but read from a row that stands in OpenSPP already: that row; it has one event then. */
  adopted?: AdoptedRow;
}

/** A row of `spp.dci.crvs.event` that is to be finished. */
export interface AdoptedRow {
  odooEventId: number;
  /** The registrant that it names already; null where it names none. */
  personId: number | null;
}

/** What became of an event in OpenSPP. */
export type EventOutcome = 'processed' | 'error';

/**
 * Where an event stands in the inbox: `waiting` (to be taken as soon as a batch has room), `deferred` (not before its
 * due time), `delivering` (in a batch now), `settled` (its outcome is in OpenSPP), `dead` (set aside: it could not be
 * delivered for a reason of its own, and nobody tries again until it is replayed).
 */
export const EVENT_STATES = ['waiting', 'deferred', 'delivering', 'settled', 'dead'] as const;
export type EventState = (typeof EVENT_STATES)[number];

/**
 * Which of the waiting events to claim: `common` those that go in batches, `alone` those that are suspected of spoiling
 * the batch they are in (see `ALONE_FROM`).
 */
export type Lane = 'common' | 'alone';

/** Failures after which an event is suspected, and goes alone. */
export const ALONE_FROM = 5;

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
  limit?: number | undefined;
  /** Only events with an id below this one: the page after it, newest first. */
  before?: number | undefined;
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
   * Why it is not processed: a code without personal data, such as `odoo.unreachable`, from the last settlement. Null
   * where it was processed, where it was not tried since it came or was retried, and where nobody gave a reason.
   */
  reason: string | null;
}

/** A call of Odoo that was made for the batch of an attempt; no personal data. */
export interface AttemptCall {
  model: string;
  method: string;
  /** `ok`, or the code of its error. */
  outcome: string;
  /** How long it took, in milliseconds. */
  ms: number;
}

export interface Attempt {
  startedAt: number;
  endedAt: number | null;
  /** `processed`, `error`, a code such as `odoo.unreachable`, or null while it runs. */
  outcome: string | null;
  /** Of its whole batch, in their order; none where an older bridge made it, or while it runs. */
  calls: AttemptCall[];
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
  /** When the oldest event that is neither settled nor dead was received; null where there is none. */
  oldestUnsettledAt: number | null;
}

/** How many events have a reason (see `EventSummary`). */
export interface ReasonCount {
  reason: string;
  count: number;
}

/** A question that a registry was asked, whose answer comes as a callback. No personal data. */
export interface NewQuestion {
  /** Ours; callbacks name it. */
  transactionId: string;
  /** Our name of the registry, such as the data source's code. */
  registry: string;
  /** The callback that answers it: `on-search`, … */
  action: string;
  /** The `sender_id`s that may answer it. */
  senderIds: readonly string[];
  /** What the answer is for, in the words of whoever asks. */
  purpose: string;
  /** Milliseconds since the epoch. */
  askedAt: number;
}

export interface KeptQuestion extends NewQuestion {
  /** What the registry called it when it took it up; null where it did not say. */
  correlationId: string | null;
}

/** A callback that was committed as a message, and what tells the question that it answers. */
export interface NewAnswer {
  /** Of its message. */
  inboxId: number;
  action: string;
  /** All names of the sender that it was verified as. */
  senderNames: readonly string[];
  transactionId: string | null;
  correlationId: string | null;
  /** Milliseconds since the epoch. */
  receivedAt: number;
}

export interface KeptAnswer {
  id: number;
  /** Milliseconds since the epoch. */
  receivedAt: number;
  /** The envelope, opened where it was sealed. */
  body: string;
}

export interface AnswerCounts {
  /** Questions that have no answer yet. */
  open: number;
  answered: number;
  /** Callbacks that answer nothing that was asked. */
  unasked: number;
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
export interface Inbox extends Refusals {
  /**
   * Commits a message with its events, or finds it again by sender and `message_id`. Messages accepted at the same
   * time share one commit.
   */
  accept(message: NewMessage): Promise<Receipt>;
  /**
   * Takes up to `limit` due events, earliest event date first, corrections as if dated the day that they were received,
   * fewer where their messages are large, and records the start of an attempt of each. An event that is claimed is in nobody else's hands until `settle`. One that was claimed
   * when its bridge died is deferred: a call of the dead bridge may still be running inside Odoo.
   */
  claim(limit: number, now: number, lane?: Lane): Promise<ClaimedEvent[]>;
  /** Ends the attempts of claimed events; all in one commit. What is no longer this process's is left as it is. */
  /** @param calls those that were made for all of them together; kept with the attempts that end */
  settle(settlements: Settlement[], now: number, calls?: readonly AttemptCall[]): Promise<void>;
  /**
   * Aborts when what this process has claimed and holds may have been given to another one: it could not be renewed in
   * time. Whoever is at work on it stops writing then. One that never aborts where no other process can have it.
   */
  lease(): AbortSignal;
  /**
   * Holds those of `keys` that nobody holds, over all bridges that share the inbox, until they are freed or this process
   * dies. Keys that this process holds already are not given again.
   *
   * @returns those that are held now because of this call
   */
  hold(keys: readonly string[]): Promise<ReadonlySet<string>>;
  /** Frees keys that `hold` gave. */
  free(keys: readonly string[]): Promise<void>;
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
  /**
   * The events that a text names, newest first: by their id, their row's id in OpenSPP, the message's id, its correlation
   * id, or the value of one of their identifiers.
   */
  find(text: string, limit: number): Promise<EventSummary[]>;
  /** Makes settled, deferred and dead events wait again, as if new; gives the ids it found. */
  retry(ids: number[]): Promise<number[]>;
  /**
   * The same for all that a filter matches (`limit` and `before` mean nothing); gives how many.
   *
   * @param onProgress called with how many there are so far
   */
  retryAll(filter: EventFilter, onProgress?: (count: number) => void): Promise<number>;
  /** Sets waiting and deferred events, and those that ended in an error, aside as dead; gives the ids it found. */
  setAside(ids: number[]): Promise<number[]>;
  /** Events in error whose time to be matched again has come, longest due first. */
  dueMatches(limit: number, now: number): Promise<UnmatchedEvent[]>;
  /** When they are to be matched again; `at` null means never. */
  matchAgain(times: readonly { id: number; at: number | null }[]): Promise<void>;
  /** How the events stand whose row in OpenSPP has one of these ids, by that id. */
  findByRows(odooEventIds: readonly number[]): Promise<Map<number, { id: number; state: EventState }>>;
  /** @param leaveOut events with one of these reasons do not count as the oldest that is not settled */
  counts(leaveOut?: readonly string[]): Promise<InboxCounts>;
  /** How many events of each type stand where. */
  tally(): Promise<Tally>;
  /** How many events came and went in each of `spans` spans of `spanMs` milliseconds from `from` on. */
  rates(from: number, spanMs: number, spans: number): Promise<Rates>;
  /** When a message of each of these senders was last received; senders without one are left out. */
  lastMessages(senderIds: readonly string[]): Promise<Map<string, number>>;
  /** Keeps a trace of what somebody did. */
  audit(entry: AuditEntry): Promise<void>;
  /** The traces, newest first; fifty where no limit is set. */
  auditTrail(filter: AuditFilter): Promise<KeptAuditEntry[]>;
  /** Deletes the traces from before `before`; gives how many. */
  pruneAudit(before: number): Promise<number>;
  /** Deletes messages all of whose events were settled before `before`; gives how many. */
  prune(before: number): Promise<number>;
  /** Small documents that must outlive a restart, such as the senders' keys; JSON. */
  getDocument(name: string): Promise<string | null>;
  putDocument(name: string, json: string): Promise<void>;
  /** Documents whose names begin so, by name. */
  listDocuments(prefix: string): Promise<Map<string, string>>;
  /**
   * Puts a document in the place of what was read, unless somebody else did so meanwhile.
   *
   * @param before what was read; null where there was none
   * @param after null deletes it
   * @returns whether it was put there
   */
  replaceDocument(name: string, before: string | null, after: string | null): Promise<boolean>;
  /** Keeps a question, before it is asked: an answer can be faster than the acknowledgement. */
  ask(question: NewQuestion): Promise<void>;
  /** Keeps what the registry calls a question, and gives it the callbacks that named only that and came before. */
  questionAcknowledged(transactionId: string, correlationId: string): Promise<void>;
  /** Keeps an answer that came with the response to the question itself. */
  answeredAtOnce(transactionId: string, body: string, receivedAt: number): Promise<void>;
  /**
   * Gives a callback to the question that it answers: by our transaction where it names one, else by the registry's
   * correlation; of the same action, and only from a sender that may answer. Doing it again changes nothing.
   *
   * @returns the question; null where nothing of the kind was asked
   */
  answer(answer: NewAnswer): Promise<KeptQuestion | null>;
  question(transactionId: string): Promise<KeptQuestion | null>;
  /** The answers to a question, in the order of their arrival, without those of these ids. */
  answers(transactionId: string, except?: readonly number[]): Promise<KeptAnswer[]>;
  answerCounts(): Promise<AnswerCounts>;
  /** Deletes questions that were asked, and callbacks that were received, before `before`; gives how many. */
  pruneAnswers(before: number): Promise<number>;
  /**
   * Does a piece of work every so often, the first time at once, on one of the bridges that share the inbox at a time.
   * Where it is still being done when its time comes, that time is left out. A failure is told to `onError`.
   *
   * @param name of the work: the same on all bridges
   * @returns stops it, and resolves when what is under way has ended
   */
  schedule(
    name: string,
    everyMs: number,
    work: () => Promise<void>,
    onError: (error: unknown) => void,
  ): Promise<() => Promise<void>>;
  /** Writes to the storage and reads it back; resolves where that works. */
  check(): Promise<void>;
  /** Finishes what was begun and closes the storage. */
  close(): Promise<void>;
}
