import { parseJson } from '../dci/json.ts';
import { toPlain } from '../dci/json-plain.ts';
import { parseTimestamp, unixSeconds } from '../dci/timestamp.ts';

/** Who sent a message, and when by their own clock, in seconds since the epoch. */
export interface MessageStamp {
  senderId: string;
  at: number;
}

/** The stamp in the header of a kept message, `{"header", "message"}`; null where there is none. */
export function stampOf(body: string | null): MessageStamp | null {
  if (body === null) return null;
  try {
    const { header } = toPlain(parseJson(body)) as { header?: Record<string, unknown> };
    const { sender_id: senderId, message_ts: stamp } = header ?? {};
    if (typeof senderId !== 'string' || typeof stamp !== 'string') return null;
    const seconds = unixSeconds(stamp);
    const fraction = Number(`0.${parseTimestamp(stamp)?.fraction || '0'}`);
    return seconds === null ? null : { senderId, at: seconds + fraction };
  } catch {
    // A user may have written anything into a row.
    return null;
  }
}

/** Whether one message was sent before another of the same sender, by the stamps of both; null where these do not say. */
export function wasSentBefore(one: MessageStamp | null, other: MessageStamp | null): boolean | null {
  if (!one || !other || one.senderId !== other.senderId || one.at === other.at) return null;
  return one.at < other.at;
}
