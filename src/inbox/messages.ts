import type { InboxEvent } from '../events/identity-event.ts';
import type { EventStatus } from './event-status.ts';
import type { Refusal } from './refusals.ts';

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
  /** What of it is not taken, such as records that cannot be read: kept by the same commit. */
  refusals?: readonly Refusal[];
  /** Where it was not sent, but read from a row that is in OpenSPP already: that row; it has one event then. */
  adopted?: AdoptedRow;
}

/** A row of `spp.dci.crvs.event` that is to be finished. */
export interface AdoptedRow {
  odooEventId: number;
  /** The registrant that it names already; null where it names none. */
  personId: number | null;
}

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

/** The messages that were verified, as received. */
export interface Messages {
  /**
   * Commits a message with its events, or finds it again by sender and `message_id`. Messages accepted at the same
   * time share one commit.
   */
  accept(message: NewMessage): Promise<Receipt>;
  /**
   * Resolves with the events of a message once all are settled, or as they are when `timeoutMs` is over or `signal`
   * aborts.
   */
  waitSettled(inboxId: number, timeoutMs: number, signal?: AbortSignal): Promise<EventStatus[]>;
  /** When a message of each of these senders was last received; senders without one are left out. */
  lastMessages(senderIds: readonly string[]): Promise<Map<string, number>>;
  /** Deletes messages all of whose events were settled before `before`; gives how many. */
  prune(before: number): Promise<number>;
}
