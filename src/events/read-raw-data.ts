import { DciError } from '../dci/errors.ts';
import { isJsonObject, type JsonNode, type JsonObject, parseJson } from '../dci/json.ts';
import { placeOf } from './identity-event.ts';
import type { KeptContent } from './raw-data.ts';
import type { NotificationReader, ReadNotification } from './read-events.ts';
import type { RefusedRecord } from './spdci-dialect.ts';
import type { VitalEvent } from './vital-event.ts';

/** The events of what a row was made from (`raw_data`); null where that is no notification. */
export function readRawData(rawData: string, read: NotificationReader): VitalEvent[] | null {
  try {
    const root = parseJson(rawData);
    return isJsonObject(root) ? readContent(root.get('header'), root.get('message'), read).events : null;
  } catch {
    return null;
  }
}

function readContent(
  header: JsonNode | undefined,
  message: JsonNode | undefined,
  read: NotificationReader,
): ReadNotification {
  const asObject = (node: JsonNode | undefined): JsonObject | null =>
    node !== undefined && isJsonObject(node) ? node : null;
  const said = asObject(message);
  if (said === null) throw new TypeError('a notification is an object');
  return read(said, asObject(header) ?? new Map());
}

/** What the records of a kept message are read as now. */
export interface ReadAgain {
  /** The event of a record by its place; null where there is none. */
  eventAt(position: number): VitalEvent | null;
  /** Why the record of a place cannot be read; null where it can. */
  refusedAt(position: number): RefusedRecord | null;
}

/**
 * Reads a kept message again: of a record that could not be read, the inbox keeps its type and its place alone, and a
 * later version may read it.
 */
export function readAgain({ header, message }: KeptContent, read: NotificationReader): ReadAgain {
  try {
    const { events, refused = [] } = readContent(header, message, read);
    const byPlace = new Map(events.map((event, index) => [placeOf(event, index), event]));
    const refusedByPlace = new Map(refused.map((one) => [one.position, one]));
    return {
      eventAt: (position) => byPlace.get(position) ?? null,
      refusedAt: (position) => refusedByPlace.get(position) ?? null,
    };
  } catch (error) {
    // A record that was found by asking is kept alone, so that all of its message is refused with it.
    const isRefused = error instanceof DciError;
    return {
      eventAt: () => null,
      refusedAt: (position) => (isRefused ? { position, place: ONLY_RECORD, type: null, error } : null),
    };
  }
}

const ONLY_RECORD = 'message.notify_event[0].data.reg_records[0]';

/** The field of a record that cannot be read, as it is in the record: `death_date`; `record` for all of it. */
export function fieldInRecord({ place, error: { field } }: RefusedRecord): string {
  if (!field?.startsWith(place)) return field?.split('.').at(-1) ?? 'record';
  return field.slice(place.length).replace(/^\./, '') || 'record';
}

/** What is wrong with it, without its place in the message. */
export function fixOf({ error: { field, message } }: RefusedRecord): string {
  const prefix = `${field}: `;
  return field !== null && message.startsWith(prefix) ? message.slice(prefix.length) : message;
}
