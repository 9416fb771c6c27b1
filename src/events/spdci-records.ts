import { isJsonArray, isJsonObject, type JsonNode, type JsonObject } from '../dci/json.ts';

/** A record of an SPDCI notification, with where it stands. */
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
 * The same message with the record at `position` alone, in the shape that the sender gave it; the message itself where
 * it has no other record.
 */
export function onlyRecord(message: JsonObject, position: number): JsonObject {
  const notified = message.get('notify_event');
  const placed = listOf(notified, '').flatMap(({ node: item }) => {
    const data = isJsonObject(item) ? item.get('data') : undefined;
    if (!isJsonObject(item) || !isJsonObject(data)) return [];
    return recordsOf(data, '').map(({ record }) => ({ item, data, record }));
  });
  const own = placed[position];
  if (placed.length < 2 || !own) return message;
  const records = isJsonArray(own.data.get('reg_records')) ? [own.record] : own.record;
  const item = new Map(own.item).set('data', new Map(own.data).set('reg_records', records));
  return new Map(message).set('notify_event', isJsonArray(notified) ? [item] : item);
}
