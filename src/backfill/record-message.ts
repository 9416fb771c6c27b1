import { hash } from 'node:crypto';
import { canonicalText } from '../dci/canonical.ts';
import { ShapeError } from '../dci/client/errors-of-answers.ts';
import type { Plain } from '../dci/client/plain.ts';
import { DciError } from '../dci/errors.ts';
import type { JsonObject } from '../dci/json.ts';
import { nodeOf, printEnvelope } from '../dci/sign.ts';
import { dayOf } from '../events/dates.ts';
import { readSpdciEvents } from '../events/spdci-dialect.ts';
import type { VitalEvent, VitalEventType } from '../events/vital-event.ts';
import type { NewMessage } from '../inbox/inbox.ts';
import { DEFAULT_NAMING } from '../registries/identifier-names.ts';
import { readDeath } from '../registries/vital-records.ts';
import type { BackfillPlan, Slice } from './plan.ts';

/** Whose records they are. */
export interface AskedRegistry {
  /** The registry's `sender_id`: who stands as the sender of its records. */
  senderId: string;
  /** Ours, as it knows us. */
  receiverId: string;
  /** Whether it takes no notice of the range that it is asked for, for events of this type. */
  ignoresRange?(type: VitalEventType): boolean;
}

/** A record that no event can be made of; `message` says why, and quotes nothing. */
export class UnreadableRecordError extends Error {
  override readonly name = 'UnreadableRecordError';
}

/**
 * The message under which a record that was found stands in the inbox: what the registry would have notified, read by
 * the same code, with the type that was asked for.
 *
 * Its `message_id` is made of what the bridge acts on (source, type, date, identifiers), not of where it was found: the
 * same record found again is the same message, on whichever page it stands by then and whatever else changed in it.
 * Beside a notification of the same event it is another message; there the event's row in OpenSPP is found again.
 *
 * @param now milliseconds since the epoch
 * @throws {UnreadableRecordError}
 */
export function recordMessage(
  record: Plain,
  { source, attribute }: BackfillPlan,
  slice: Slice,
  registry: AskedRegistry,
  now: number,
): NewMessage {
  const { senderId, receiverId } = registry;
  const { type, from, to } = slice;
  const data = { reg_event_type: type.toUpperCase(), reg_record_type: 'Person', reg_records: [record] };
  const event = eventOf(data);
  // A registry of persons gives the living, too, where it takes no notice of the event that is asked for.
  if (event.date === null && !(type === 'death' && isDeath(record, now)))
    throw new UnreadableRecordError(`the record has no date of the ${type}`);
  const isByEvent = attribute === null || registry.ignoresRange?.(type) === true;
  const ranged = isByEvent ? event.date : dayAt(record, attribute);
  if (ranged !== null && (ranged < from || ranged > to)) {
    const what = isByEvent ? `date of the ${type}` : attribute;
    throw new UnreadableRecordError(`its ${what} is not in the range that was asked for`);
  }
  // What a caseworker sees of where the event came from: nobody notified it.
  const meta = { backfill: { source, from, to } };
  const id = `backfill-${digestOf(source, event, record)}`;
  return foundMessage({ id, data, event, meta }, { senderId, receiverId }, now);
}

/** An event that was found by asking, rather than notified. */
export interface FoundEvent {
  /** Its `message_id`: the same for the same event, however often it is found. */
  id: string;
  /** As in a notification. */
  data: Plain;
  event: VitalEvent;
  /** Says where it came from. */
  meta: Plain;
}

/**
 * The message under which it stands in the inbox.
 *
 * @param now milliseconds since the epoch
 */
export function foundMessage(
  { id, data, event, meta }: FoundEvent,
  { senderId, receiverId }: AskedRegistry,
  now: number,
): NewMessage {
  const time = new Date(now).toISOString();
  const header = {
    version: '1.0.0',
    message_id: id,
    message_ts: time,
    action: ACTION,
    sender_id: senderId,
    receiver_id: receiverId,
    total_count: 1,
    is_msg_encrypted: false,
    meta,
  };
  const message = {
    transaction_id: id,
    notify_event: [{ reference_id: id, timestamp: time, data, locale: 'eng' }],
  };
  return {
    senderId,
    messageId: id,
    contentDigest: hash('sha256', id, 'hex'),
    action: ACTION,
    dialect: 'spdci',
    kid: null,
    receivedAt: now,
    body: printEnvelope('', {
      header: nodeOf(header) as JsonObject,
      message: nodeOf(message) as JsonObject,
    }),
    events: [event],
  };
}

/** Whether a record without a date of death is one of a death all the same, by its number or its place. */
function isDeath(record: Plain, now: number): boolean {
  try {
    return readDeath(record, DEFAULT_NAMING, now).dead;
  } catch (error) {
    if (error instanceof ShapeError) return false;
    throw error;
  }
}

/** The day in a member of the record, by any spelling of its name; null where there is none. */
function dayAt(record: Plain, attribute: string): string | null {
  const plain = (name: string) => name.toLowerCase().replaceAll(/[^a-z]/g, '');
  const found = Object.entries(record).find(([name]) => plain(name) === plain(attribute));
  return typeof found?.[1] === 'string' ? dayOf(found[1]) : null;
}

/** The answer to a search of ours. */
const ACTION = 'on-search';

/** The event in the `data` of a notification with one record. @throws {UnreadableRecordError} */
export function eventOf(data: Plain): VitalEvent {
  try {
    const [event] = readSpdciEvents(nodeOf({ notify_event: [{ data }] }) as JsonObject);
    if (event) return event;
  } catch (error) {
    if (!(error instanceof DciError)) throw error;
    throw new UnreadableRecordError(
      error.message.replace('message.notify_event[0].data.reg_records[0]', 'record'),
    );
  }
  throw new UnreadableRecordError('the record is empty');
}

/** What tells an event from others: what the bridge acts on, not where it was found. */
export function digestOf(source: string, { type, date, identifiers }: VitalEvent, record: Plain): string {
  const names = identifiers.map(({ type, value }) => JSON.stringify([type, value])).sort();
  // Without an identifier only its content tells one record from another.
  const own = names.length > 0 ? names : canonicalText(nodeOf(record));
  return hash('sha256', JSON.stringify([source, type, date, own]), 'hex');
}
