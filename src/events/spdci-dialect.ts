import { DciError } from '../dci/errors.ts';
import { isJsonArray, isJsonObject, type JsonNode, type JsonObject } from '../dci/json.ts';
import { eventTypeOf, eventTypeText, KNOWN_TYPES } from './event-type.ts';
import { badField, readDay, readIdentifiers } from './fields.ts';
import { listOf, recordsOf } from './spdci-records.ts';
import { otherSpouse } from './spouses.ts';
import { isRevoked } from './status.ts';
import type { VitalEvent, VitalEventType } from './vital-event.ts';

/** Where a record dates its event: the specification's name, then OpenCRVS's (its DCI API has had both spellings). */
const DATES: Readonly<Record<VitalEventType, readonly string[]>> = {
  birth: ['birth_date', 'birthDate', 'birthdate'],
  death: ['death_date', 'deathDate', 'deathdate'],
  marriage: ['marriage_date', 'marriageDate', 'marriagedate'],
  divorce: ['divorce_date', 'divorceDate', 'divorcedate'],
};

/** A record that could not be read; each record of a message is its own. */
export interface RefusedRecord {
  /** Its place among the message's records, from 0; null for a notified event without any. */
  position: number | null;
  error: DciError;
}

/** The records of a notification that were read, and those that were not. */
export interface ReadRecords {
  events: VitalEvent[];
  /** Left out where there are none. */
  refused?: RefusedRecord[];
}

/**
 * SPDCI's dialect (CRVS API v1.0.0, `NotifyEventRequest`): every record of every `notify_event` is an event, and of a
 * marriage that comes as one spouse with the other inside, there are two.
 *
 * @returns no events where there is no record: there is nothing to do, whatever the type says
 * @throws {DciError} where there are records, and none of them can be read
 */
export function readSpdciRecords(message: JsonObject): ReadRecords {
  const notified = message.get('notify_event');
  if (!isJsonArray(notified) && !isJsonObject(notified)) {
    throw badField('message.notify_event', 'expected an array of events');
  }
  const refused: RefusedRecord[] = [];
  const placed = listOf(notified, 'message.notify_event').flatMap(({ node, place }) => {
    const data = isJsonObject(node) ? node.get('data') : undefined;
    if (isJsonObject(data)) {
      return recordsOf(data, `${place}.data`).map((one) => ({ ...one, data, path: place }));
    }
    const fix = 'expected an object with reg_event_type and reg_records';
    refused.push({ position: null, error: badField(`${place}.data`, fix) });
    return [];
  });
  const own: { event: VitalEvent; position: number }[] = [];
  const spouses: typeof own = [];
  for (const [position, one] of placed.entries()) {
    const event = reading(refused, position, () => readRecord(one.record, one.place, one.data, one.path));
    if (!event) continue;
    own.push({ event, position });
    const other = reading(refused, position, () => readOtherSpouse(one.record, one.place, event));
    if (other) spouses.push({ event: other, position: placed.length + position });
  }
  const [first] = refused;
  if (first && own.length === 0) throw first.error;
  // Whoever has a record of their own is not read from their spouse's as well.
  const others = spouses.filter(({ event }) => !own.some((one) => isSame(one.event, event)));
  const events = [...own, ...others].map(({ event, position }, index) =>
    position === index ? event : { ...event, position },
  );
  return refused.length === 0 ? { events } : { events, refused };
}

/** The same where every record must be readable. @throws {DciError} */
export function readSpdciEvents(message: JsonObject): VitalEvent[] {
  const { events, refused } = readSpdciRecords(message);
  if (refused?.[0]) throw refused[0].error;
  return events;
}

/** What a record was read as; one that cannot be read is put to the refused. */
function reading<T>(refused: RefusedRecord[], position: number, read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof DciError)) throw error;
    refused.push({ position, error });
    return null;
  }
}

function readRecord(record: JsonNode, place: string, data: JsonObject, path: string): VitalEvent {
  if (!isJsonObject(record)) throw badField(place, 'expected a record, which is an object');
  const type = readType(data, `${path}.data.reg_event_type`);
  const revoked = isRevoked(record) || isRevoked(data);
  return readPerson(record, place, type, revoked);
}

function readPerson(record: JsonObject, place: string, type: VitalEventType, revoked: boolean): VitalEvent {
  return {
    type,
    ...readDay(record, DATES[type], place),
    identifiers: readIdentifiers(
      record.get('identifier'),
      ['identifier_type', 'name', 'type'],
      ['identifier_value', 'identifier', 'value'],
      `${place}.identifier`,
    ),
    ...(revoked ? { status: 'revoked' as const } : {}),
  };
}

/** The event of the other spouse; null where there is none in this record. @throws {DciError} where one is missing */
function readOtherSpouse(record: JsonNode, place: string, event: VitalEvent): VitalEvent | null {
  if (!isJsonObject(record) || (event.type !== 'marriage' && event.type !== 'divorce')) return null;
  const other = otherSpouse(record);
  if (!other) return null;
  const where = `${place}.${other.place}`;
  if (!other.record) throw badField(where, 'it cannot be told which of these is the other spouse');
  const read = readPerson(other.record, where, event.type, event.status === 'revoked');
  const shared = event.identifiers;
  if (
    read.identifiers.every((one) => shared.some((own) => own.type === one.type && own.value === one.value))
  ) {
    throw badField(
      where,
      'the other spouse has no identifier; send one, so that both are known to be married',
    );
  }
  return read;
}

function isSame(one: VitalEvent, other: VitalEvent): boolean {
  const [key] = other.identifiers;
  return (
    one.type === other.type &&
    one.identifiers.some(({ type, value }) => type === key?.type && value === key.value)
  );
}

function readType(data: JsonObject, field: string): VitalEventType {
  const sent = data.get('reg_event_type');
  if (sent === undefined || sent === null || sent === '') {
    throw badField(field, `missing; without it nobody can tell what happened. Expected ${KNOWN_TYPES}`);
  }
  const text = eventTypeText(sent);
  if (text === null) throw badField(field, `expected a string: ${KNOWN_TYPES}`);
  const type = eventTypeOf(text);
  if (!type) throw badField(field, `not an event that OpenSPP has a type for; expected ${KNOWN_TYPES}`);
  return type;
}
