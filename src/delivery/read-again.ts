import { keptContent } from '../events/raw-data.ts';
import type { NotificationReader } from '../events/read-events.ts';
import { type ReadAgain, readAgain } from '../events/read-raw-data.ts';
import type { RefusedRecord } from '../events/spdci-dialect.ts';
import type { ClaimedEvent } from '../inbox/inbox.ts';

/** Claimed events, and which of them are records that cannot be read. */
export interface ReadClaims {
  /** All of them; of a record that can be read by now, with what it says. */
  claimed: ClaimedEvent[];
  /** Why a record cannot be read, by the id of its event. */
  refused: ReadonlyMap<number, RefusedRecord>;
}

/**
 * Reads records again that could not be read when they came: the inbox has their type and their place alone. A message
 * is read once, however many of its records are looked at.
 */
export function readUnreadable(claimed: readonly ClaimedEvent[], read: NotificationReader): ReadClaims {
  const messages = new Map<number, ReadAgain>();
  const refused = new Map<number, RefusedRecord>();
  const events = claimed.map((event) => {
    if (!mayBeUnreadable(event)) return event;
    const message = messages.get(event.messageInboxId) ?? readMessage(event, read);
    if (!message) return event;
    messages.set(event.messageInboxId, message);
    const why = message.refusedAt(event.position);
    if (why) refused.set(event.id, why);
    const said = why ? null : message.eventAt(event.position);
    if (said?.type !== event.type) return event;
    return { ...event, date: said.date, identifiers: said.identifiers };
  });
  return { claimed: events, refused };
}

/** Null where the message itself is damaged: its events fail alone, each for itself. */
function readMessage({ body }: ClaimedEvent, read: NotificationReader): ReadAgain | null {
  try {
    return readAgain(keptContent(body), read);
  } catch {
    return null;
  }
}

/** Records that came without date and identifiers look the same. */
function mayBeUnreadable({ type, date, identifiers, adopted }: ClaimedEvent): boolean {
  return type !== 'identity' && date === null && identifiers.length === 0 && adopted === null;
}
