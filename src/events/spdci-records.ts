import { isJsonArray, isJsonObject, type JsonNode, type JsonObject } from '../dci/json.ts';
import { eventTypeOf, eventTypeText } from './event-type.ts';
import { otherSpouse, withoutRelated } from './spouses.ts';

/** A record of an SPDCI notification, with its place. */
export interface PlacedRecord {
  record: JsonNode;
  /** Such as `message.notify_event[0].data.reg_records[1]`. */
  place: string;
}

/** One object or an array of them; `null` and `""` are nothing. */
export function listOf(node: JsonNode | undefined, path: string): { node: JsonNode; place: string }[] {
  if (node === undefined || node === null || node === '') return [];
  if (!isJsonArray(node)) return [{ node, place: path }];
  return node.map((one, position) => ({ node: one, place: `${path}[${position}]` }));
}

/** The records of a notified event's `data`; an empty one is none. */
export function recordsOf(data: JsonObject, path: string): PlacedRecord[] {
  return listOf(data.get('reg_records'), `${path}.reg_records`)
    .filter(({ node }) => !isJsonObject(node) || node.size > 0)
    .map(({ node, place }) => ({ record: node, place }));
}

/**
 * The same message with the record of one event alone, in the shape that the sender gave it; the message itself where it
 * is about one person. From the number of its records on, a position is that of the other spouse in a record.
 */
export function onlyRecord(message: JsonObject, position: number): JsonObject {
  const notified = message.get('notify_event');
  const placed = listOf(notified, '').flatMap(({ node: item }) => {
    const data = isJsonObject(item) ? item.get('data') : undefined;
    if (!isJsonObject(item) || !isJsonObject(data)) return [];
    return recordsOf(data, '').map(({ record }) => ({ item, data, record }));
  });
  const own = placed[position % Math.max(1, placed.length)];
  if (!own) return message;
  const spouse = isJsonObject(own.record) && isOfSpouses(own.data) ? otherSpouse(own.record) : null;
  const isOther = position >= placed.length;
  // One person's event shows nobody else.
  const kept = spouse && isJsonObject(own.record) ? withoutRelated(own.record) : own.record;
  // A spouse who cannot be read is in the other's record.
  const record = isOther ? (spouse?.record ?? own.record) : kept;
  if (placed.length < 2 && record === own.record) return message;
  const records = isJsonArray(own.data.get('reg_records')) ? [record] : record;
  const item = new Map(own.item).set('data', new Map(own.data).set('reg_records', records));
  return new Map(message).set('notify_event', isJsonArray(notified) ? [item] : item);
}

/** Whether the records of a notified event are of people who marry or divorce. */
function isOfSpouses(data: JsonObject): boolean {
  const type = eventTypeOf(eventTypeText(data.get('reg_event_type')) ?? '');
  return type === 'marriage' || type === 'divorce';
}
