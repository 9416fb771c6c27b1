import { hash } from 'node:crypto';
import { canonicalText } from '../dci/canonical.ts';
import { ShapeError } from '../dci/client/errors-of-answers.ts';
import type { Plain } from '../dci/client/plain.ts';
import { DciError } from '../dci/errors.ts';
import type { JsonObject } from '../dci/json.ts';
import { nodeOf, printEnvelope } from '../dci/sign.ts';
import { dayOf } from '../events/dates.ts';
import { keptTextProblem } from '../events/raw-data.ts';
import { type RefusedRecord, readSpdciRecords, unreadableEvents } from '../events/spdci-dialect.ts';
import type { TimeZone } from '../events/time-zone.ts';
import type { VitalEvent, VitalEventType } from '../events/vital-event.ts';
import type { NewMessage } from '../inbox/inbox.ts';
import { DEFAULT_NAMING } from '../registries/identifier-names.ts';
import { readDeath } from '../registries/vital-records.ts';
import type { BackfillPlan, Slice } from './plan.ts';

/** Whose records they are. */
export interface AskedRegistry {
  /** The registry's `sender_id`: the sender of its records. */
  senderId: string;
  /** Ours, as it knows us. */
  receiverId: string;
  /** Whether it takes no notice of the range that it is asked for, for events of this type. */
  ignoresRange?(type: VitalEventType): boolean;
  /** Where it is, for dates that say their zone; not known where left out. */
  zone?: TimeZone | null;
}

/** What a record was read as. */
export interface RecordMessage {
  message: NewMessage;
  /**
   * Why the record, or the other spouse in it, cannot be read: an event in error shows it. Null where all of it can.
   */
  missing: string | null;
}

/** A record that the registry gave although it was not asked for, as it takes no notice of the range. */
export class NotAskedForError extends Error {
  override readonly name = 'NotAskedForError';
}

/** A record that no event can be made of; `message` says why, and quotes nothing. */
export class UnreadableRecordError extends Error {
  override readonly name = 'UnreadableRecordError';
  /** Whether one of its members cannot be read. */
  readonly isMalformed: boolean;

  constructor(message: string, isMalformed = false) {
    super(message);
    this.isMalformed = isMalformed;
  }
}

/**
 * The message under which a record that was found is in the inbox: what the registry would have notified, read by
 * the same code, with the type that was asked for.
 *
 * Its `message_id` is made of what the bridge acts on (source, type, date, identifiers), not of where it was found: the
 * same record found again is the same message, whichever page it is on by then, and whatever else changed in it.
 * Beside a notification of the same event it is another message; there the event's row in OpenSPP is found again.
 *
 * @param now milliseconds since the epoch
 * @throws {UnreadableRecordError | NotAskedForError}
 */
export function recordMessage(
  record: Plain,
  { source, attribute }: BackfillPlan,
  slice: Slice,
  registry: AskedRegistry,
  now: number,
): RecordMessage {
  const { senderId, receiverId } = registry;
  const { type, from, to } = slice;
  const data = { reg_event_type: type.toUpperCase(), reg_record_type: 'Person', reg_records: [record] };
  // What a caseworker sees of where the event came from: nobody notified it.
  const meta = { backfill: { source, from, to } };
  const kept = (event: VitalEvent, events: VitalEvent[]) => {
    const id = `backfill-${digestOf(source, event, record)}`;
    return foundMessage({ id, data, events, meta }, { senderId, receiverId }, now);
  };
  let read: ReturnType<typeof readRecord>;
  try {
    read = readRecord(data, registry.zone);
  } catch (error) {
    const isMalformed = error instanceof UnreadableRecordError && error.isMalformed;
    if (!isMalformed || (type === 'death' && isAlive(record, now))) throw error;
    const event: VitalEvent = { type, date: null, identifiers: [] };
    return { message: kept(event, [event]), missing: error.message };
  }
  const { events, refused } = read;
  const [event] = events;
  // A registry of persons gives the living, too, where it takes no notice of the event that is asked for.
  if (event.date === null && !(type === 'death' && isDeath(record, now)))
    throw new UnreadableRecordError(`the record has no date of the ${type}`);
  const ignoresRange = registry.ignoresRange?.(type) === true;
  const isByEvent = attribute === null || ignoresRange;
  const ranged = isByEvent ? event.date : dayAt(record, attribute, registry.zone);
  if (ranged !== null && (ranged < from || ranged > to)) {
    if (ignoresRange) throw new NotAskedForError('the registry takes no notice of the range');
    const what = isByEvent ? `date of the ${type}` : attribute;
    throw new UnreadableRecordError(`its ${what} is not in the range that was asked for`);
  }
  const [missing] = refused;
  return {
    message: kept(event, [...events, ...unreadableEvents(refused)]),
    missing: missing ? sentenceOf(missing.error) : null,
  };
}

/** What was found by asking, rather than notified. */
export interface FoundEvent {
  /** Its `message_id`: the same for the same event, however often it is found. */
  id: string;
  /** As in a notification. */
  data: Plain;
  /** Read from that. */
  events: VitalEvent[];
  /** Says where it came from. */
  meta: Plain;
}

/**
 * The message under which it is kept in the inbox.
 *
 * @param now milliseconds since the epoch
 * @throws {UnreadableRecordError} where the delivery could not read it again
 */
export function foundMessage(
  { id, data, events, meta }: FoundEvent,
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
  const kept: NewMessage = {
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
    events,
  };
  const problem = keptTextProblem(kept.body, events);
  if (problem) throw new UnreadableRecordError(`the record cannot be kept: ${problem.message}`);
  return kept;
}

/** Whether a record without a date of death is one of a death nevertheless, by its number or its place. */
function isDeath(record: Plain, now: number): boolean {
  try {
    return readDeath(record, DEFAULT_NAMING, now).dead;
  } catch (error) {
    if (error instanceof ShapeError) return false;
    throw error;
  }
}

/** Whether a record says that its person lives: a registry of persons gives those, too. */
function isAlive(record: Plain, now: number): boolean {
  try {
    return !readDeath(record, DEFAULT_NAMING, now).dead;
  } catch (error) {
    if (error instanceof ShapeError) return false;
    throw error;
  }
}

/** The day in a member of the record, by any spelling of its name; null where there is none. */
function dayAt(record: Plain, attribute: string, zone?: TimeZone | null): string | null {
  const plain = (name: string) => name.toLowerCase().replaceAll(/[^a-z]/g, '');
  const found = Object.entries(record).find(([name]) => plain(name) === plain(attribute));
  return typeof found?.[1] === 'string' ? dayOf(found[1], zone) : null;
}

/** The answer to our search. */
const ACTION = 'on-search';

/**
 * Reads the `data` of a notification with one record: its event first, and of a marriage that of the other spouse.
 *
 * @returns the events, and what cannot be read of the other spouse
 * @throws {UnreadableRecordError}
 */
export function readRecord(
  data: Plain,
  zone: TimeZone | null = null,
): { events: [VitalEvent, ...VitalEvent[]]; refused: readonly RefusedRecord[] } {
  try {
    const message = nodeOf({ notify_event: [{ data }] }) as JsonObject;
    const { events, refused = [] } = readSpdciRecords(message, zone);
    const [event, ...spouses] = events;
    if (event?.status === 'revoked') throw new UnreadableRecordError('the registration is not in force');
    if (event) return { events: [event, ...spouses], refused };
  } catch (error) {
    if (!(error instanceof DciError)) throw error;
    throw new UnreadableRecordError(sentenceOf(error), true);
  }
  throw new UnreadableRecordError('the record is empty');
}

function sentenceOf({ message }: DciError): string {
  return message.replace('message.notify_event[0].data.reg_records[0]', 'record');
}

/** What makes an event another one than others: what the bridge acts on, not where it was found. */
export function digestOf(source: string, { type, date, identifiers }: VitalEvent, record: Plain): string {
  const names = identifiers.map(({ type, value }) => JSON.stringify([type, value])).sort();
  // Without an identifier only its content distinguishes records.
  const own = names.length > 0 ? names : canonicalText(nodeOf(record));
  return hash('sha256', JSON.stringify([source, type, date, own]), 'hex');
}
