import { isJsonArray, isJsonObject, type JsonNode, type JsonObject } from '../dci/json.ts';
import { eventTypeOf, KNOWN_TYPES } from './event-type.ts';
import { badField, readDay, readIdentifiers } from './fields.ts';
import { listOf, recordsOf } from './spdci-records.ts';
import type { VitalEvent, VitalEventType } from './vital-event.ts';

/** Where a record dates its event: the specification's name, then OpenCRVS's (its DCI API has had both spellings). */
const DATES: Readonly<Record<VitalEventType, readonly string[]>> = {
  birth: ['birth_date', 'birthDate', 'birthdate'],
  death: ['death_date', 'deathDate', 'deathdate'],
  marriage: ['marriage_date', 'marriageDate', 'marriagedate'],
  divorce: ['divorce_date', 'divorceDate', 'divorcedate'],
};

/**
 * SPDCI's dialect (CRVS API v1.0.0, `NotifyEventRequest`): every record of every `notify_event` is an event.
 *
 * @returns no events where there is no record: there is nothing to do, whatever the type says
 * @throws {DciError}
 */
export function readSpdciEvents(message: JsonObject): VitalEvent[] {
  const notified = message.get('notify_event');
  if (!isJsonArray(notified) && !isJsonObject(notified)) {
    throw badField('message.notify_event', 'expected an array of events');
  }
  return listOf(notified, 'message.notify_event').flatMap(({ node, place }) => readNotifyEvent(node, place));
}

function readNotifyEvent(item: JsonNode, path: string): VitalEvent[] {
  const data = isJsonObject(item) ? item.get('data') : undefined;
  if (!isJsonObject(data))
    throw badField(`${path}.data`, 'expected an object with reg_event_type and reg_records');
  const records = recordsOf(data, `${path}.data`).map(({ record, place }) => {
    if (!isJsonObject(record)) throw badField(place, 'expected a record, which is an object');
    return { record, place };
  });
  if (records.length === 0) return [];
  const field = `${path}.data.reg_event_type`;
  const sent = data.get('reg_event_type');
  if (sent === undefined || sent === null || sent === '') {
    throw badField(field, `missing; without it nobody can tell what happened. Expected ${KNOWN_TYPES}`);
  }
  if (typeof sent !== 'string') throw badField(field, `expected a string: ${KNOWN_TYPES}`);
  const type = eventTypeOf(sent);
  if (!type) throw badField(field, `not an event that OpenSPP has a type for; expected ${KNOWN_TYPES}`);
  return records.map(({ record, place }) => ({
    type,
    date: readDay(record, DATES[type], place),
    identifiers: readIdentifiers(
      record.get('identifier'),
      ['identifier_type', 'name', 'type'],
      ['identifier_value', 'identifier', 'value'],
      `${place}.identifier`,
    ),
  }));
}
