import { DciError } from '../dci/errors.ts';
import { isJsonArray, isJsonObject, type JsonNode, type JsonObject } from '../dci/json.ts';
import { eventTypeOf, eventTypeText, KNOWN_TYPES } from './event-type.ts';
import { badField, readDay, readIdentifiers } from './fields.ts';
import { listOf, recordsOf } from './spdci-records.ts';
import { IDENTIFIER_TYPE, identifiersIn, isOfBothSpouses, otherSpouse } from './spouses.ts';
import { isRevoked } from './status.ts';
import type { TimeZone } from './time-zone.ts';
import type { Identifier, VitalEvent, VitalEventType } from './vital-event.ts';

/** Where a record dates its event: the specification's name, then OpenCRVS's (its DCI API has had both spellings). */
const DATES: Readonly<Record<VitalEventType, readonly string[]>> = {
  birth: ['birth_date', 'birthDate', 'birthdate'],
  death: ['death_date', 'deathDate', 'deathdate'],
  marriage: ['marriage_date', 'marriageDate', 'marriagedate'],
  divorce: ['divorce_date', 'divorceDate', 'divorcedate'],
};

/** A record that could not be read; each record of a message is its own. */
export interface RefusedRecord {
  /** The place of its event in the message, as `VitalEvent.position` counts; null for a notified event without records. */
  position: number | null;
  /** Where the record is, such as `message.notify_event[0].data.reg_records[1]`. */
  place: string;
  /** What happened; null where that cannot be read either. */
  type: VitalEventType | null;
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
 * @param zone of the registry, for dates that say theirs; null where it is not known
 * @returns no events where there is no record: there is nothing to do, whatever the type says
 * @throws {DciError} where there are records, and none of them can be read
 */
export function readSpdciRecords(message: JsonObject, zone: TimeZone | null = null): ReadRecords {
  const notified = message.get('notify_event');
  if (!isJsonArray(notified) && !isJsonObject(notified)) {
    throw badField('message.notify_event', 'expected an array of events');
  }
  const refused: RefusedRecord[] = [];
  const placed = listOf(notified, 'message.notify_event').flatMap(({ node, place }) => {
    const data = isJsonObject(node) ? node.get('data') : undefined;
    if (isJsonObject(data)) {
      return recordsOf(data, `${place}.data`).map((one) => ({ ...one, data, path: `${place}.data` }));
    }
    const fix = 'expected an object with reg_event_type and reg_records';
    refused.push({ position: null, place, type: null, error: badField(`${place}.data`, fix) });
    return [];
  });
  const own: PlacedEvent[] = [];
  const spouses: PlacedEvent[] = [];
  const missing: (RefusedRecord & { data: JsonObject })[] = [];
  for (const [position, { record, place, data, path }] of placed.entries()) {
    const type = attempt(() => readType(data, `${path}.reg_event_type`));
    if (type instanceof DciError) {
      refused.push({ position, place, type: null, error: type });
      continue;
    }
    const revoked = isRevoked(data) || (isJsonObject(record) && isRevoked(record));
    const event = attempt(() => {
      if (isJsonObject(record)) return readPerson(record, place, type, revoked, zone);
      throw badField(place, 'expected a record, which is an object');
    });
    if (event instanceof DciError) refused.push({ position, place, type, error: event });
    else own.push({ event, position, data });
    const known = event instanceof DciError ? [] : event.identifiers;
    const other = attempt(() => readOtherSpouse(record, place, type, known, revoked, zone));
    const at = placed.length + position;
    if (other instanceof DciError) missing.push({ position: at, place, type, error: other, data });
    else if (other) spouses.push({ event: other, position: at, data });
  }
  // Two records of one marriage are its two spouses, whatever each says of the other.
  const together = Map.groupBy(own, ({ data }) => data);
  for (const { data, ...one } of missing) if (together.get(data)?.length !== 2) refused.push(one);
  // A spouse with a record of their own is not read from the other's as well.
  const named = new Set(own.flatMap(({ event }) => event.identifiers.map((one) => keyOf(event, one))));
  const others = spouses.filter(({ event }) => !named.has(keyOf(event, event.identifiers[0])));
  const events = [...own, ...others].map(({ event, position }, index) =>
    position === index ? event : { ...event, position },
  );
  const [first] = refused;
  if (first && events.length === 0) throw first.error;
  return refused.length === 0 ? { events } : { events, refused };
}

interface PlacedEvent {
  event: VitalEvent;
  position: number;
  data: JsonObject;
}

/**
 * Records that could not be read, as events that wait: with their type and their place in the message, and nothing else,
 * so that whatever takes them for readable can match and change nobody. One without a type is none: OpenSPP has no event
 * without.
 */
export function unreadableEvents(refused: readonly RefusedRecord[]): VitalEvent[] {
  return refused.flatMap(({ type, position }) =>
    type === null || position === null ? [] : [{ type, date: null, identifiers: [], position }],
  );
}

/** What a record was read as, or why it cannot be read. */
function attempt<T>(read: () => T): T | DciError {
  try {
    return read();
  } catch (error) {
    if (error instanceof DciError) return error;
    throw error;
  }
}

function readPerson(
  record: JsonObject,
  place: string,
  type: VitalEventType,
  revoked: boolean,
  zone: TimeZone | null,
): VitalEvent {
  return {
    type,
    ...readDay(record, DATES[type], place, zone),
    identifiers: readIdentifiers(
      identifiersIn(record),
      IDENTIFIER_TYPE,
      ['identifier_value', 'identifierValue', 'identifier', 'value'],
      `${place}.identifier`,
    ),
    ...(revoked ? { status: 'revoked' as const } : {}),
  };
}

/**
 * The event of the other spouse; null where there is none in this record.
 *
 * @param own identifiers of the record's own person; none where they cannot be read
 * @throws {DciError} where one is missing
 */
function readOtherSpouse(
  record: JsonNode,
  place: string,
  type: VitalEventType,
  own: readonly Identifier[],
  revoked: boolean,
  zone: TimeZone | null,
): VitalEvent | null {
  if (!isJsonObject(record) || (type !== 'marriage' && type !== 'divorce')) return null;
  const other = otherSpouse(record);
  if (!other) return null;
  const where = `${place}.${other.place}`;
  if (!other.record) throw badField(where, 'it is not clear which of these is the other spouse');
  const read = readPerson(other.record, where, type, revoked, zone);
  const says = read.identifiers.some(
    (one) =>
      !isOfBothSpouses(one.type) && !own.some((mine) => mine.type === one.type && mine.value === one.value),
  );
  if (says) return read;
  throw badField(where, 'the other spouse has no identifier; send one, so that both are known to be married');
}

function keyOf({ type }: VitalEvent, identifier: Identifier | undefined): string {
  return JSON.stringify([type, identifier?.type, identifier?.value]);
}

function readType(data: JsonObject, field: string): VitalEventType {
  const sent = data.get('reg_event_type');
  if (sent === undefined || sent === null || sent === '') {
    throw badField(field, `missing; without it, it is not known what happened. Expected ${KNOWN_TYPES}`);
  }
  const text = eventTypeText(sent);
  if (text === null) throw badField(field, `expected a string: ${KNOWN_TYPES}`);
  const type = eventTypeOf(text);
  if (!type) throw badField(field, `not an event that OpenSPP has a type for; expected ${KNOWN_TYPES}`);
  return type;
}
