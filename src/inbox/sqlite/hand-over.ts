import { placeOf } from '../../events/identity-event.ts';
import { newCorrelationId } from '../correlation.ts';
import type { EventStatus } from '../event-status.ts';
import type { NewMessage, Receipt } from '../messages.ts';
import { shortened } from '../refusals.ts';
import { isCorrection } from '../sort-date.ts';

/**
 * Messages on their way to the inbox's thread: one flat list of texts and numbers, without what the inbox does not keep.
 * A clone of the objects costs several times as much on either side.
 */
export type PackedMessages = (string | number | null)[];

/** A message as the thread takes it. */
export interface ArrivingMessage {
  senderId: string;
  messageId: string;
  contentDigest: string;
  correlationId: string;
  action: string;
  dialect: string | null;
  kid: string | null;
  receivedAt: number;
  body: string;
  /** The row that it was read from; null for a message that a registry sent. */
  odooEventId: number | null;
  personId: number | null;
  /** JSON; null for none. */
  refusals: string | null;
  events: ArrivingEvent[];
}

export interface ArrivingEvent {
  position: number;
  type: string;
  date: string | null;
  /** JSON. */
  identifiers: string;
  correction: 0 | 1;
}

/** The thread's answer: two numbers a message, and the receipts of those that were there before. */
export interface PackedReceipts {
  /** The message's id and that of its first event; of those that were there before 0 and 0. */
  ids: number[];
  /** By their place in the group. */
  known: [place: number, receipt: Receipt][];
}

/** Gives messages their correlation ids, and packs them. */
export function packMessages(messages: readonly NewMessage[]): {
  packed: PackedMessages;
  correlationIds: string[];
} {
  const correlationIds = messages.map(
    ({ correlationId, receivedAt }) => correlationId ?? newCorrelationId(receivedAt),
  );
  const packed: PackedMessages = [];
  for (const [place, message] of messages.entries()) {
    packed.push(
      message.senderId,
      message.messageId,
      message.contentDigest,
      correlationIds[place] ?? null,
      message.action,
      message.dialect,
      message.kid,
      message.receivedAt,
      message.body,
      message.adopted?.odooEventId ?? null,
      message.adopted?.personId ?? null,
      message.refusals?.length ? JSON.stringify(message.refusals.map(shortened)) : null,
      message.events.length,
    );
    for (const [index, event] of message.events.entries()) {
      packed.push(
        placeOf(event, index),
        event.type,
        event.date,
        JSON.stringify(event.identifiers),
        isCorrection(event) ? 1 : 0,
      );
    }
  }
  return { packed, correlationIds };
}

/** What `packMessages` packed. */
export function unpackMessages(packed: PackedMessages): ArrivingMessage[] {
  const messages: ArrivingMessage[] = [];
  let at = 0;
  const next = <T extends string | number | null>(): T => {
    const value = packed[at];
    at += 1;
    return value as T;
  };
  while (at < packed.length) {
    const message: ArrivingMessage = {
      senderId: next(),
      messageId: next(),
      contentDigest: next(),
      correlationId: next(),
      action: next(),
      dialect: next(),
      kid: next(),
      receivedAt: next(),
      body: next(),
      odooEventId: next(),
      personId: next(),
      refusals: next(),
      events: [],
    };
    for (let left = next<number>(); left > 0; left -= 1) {
      message.events.push({
        position: next(),
        type: next(),
        date: next(),
        identifiers: next(),
        correction: next(),
      });
    }
    messages.push(message);
  }
  return messages;
}

/** The receipts of a group of messages, in their order. */
export function unpackReceipts(
  messages: readonly NewMessage[],
  correlationIds: readonly string[],
  { ids, known }: PackedReceipts,
): Receipt[] {
  const receipts = messages.map(({ events, receivedAt, adopted }, place): Receipt => {
    const first = ids[2 * place + 1] ?? 0;
    const odooEventId = adopted?.odooEventId ?? null;
    return {
      kind: 'created',
      inboxId: ids[2 * place] ?? 0,
      correlationId: correlationIds[place] ?? '',
      receivedAt,
      events: events.map(
        (_, index): EventStatus => ({ id: first + index, state: 'waiting', outcome: null, odooEventId }),
      ),
    };
  });
  for (const [place, receipt] of known) receipts[place] = receipt;
  return receipts;
}
