import { isJsonObject, parseJson } from '../dci/json.ts';
import { type NotificationReader, readEvents } from './read-events.ts';
import type { VitalEvent } from './vital-event.ts';

/** The events of what a row was made from (`raw_data`); null where that is no notification. */
export function toldBy(rawData: string, read: NotificationReader = readEvents): VitalEvent[] | null {
  try {
    const root = parseJson(rawData);
    const message = isJsonObject(root) ? root.get('message') : undefined;
    const header = isJsonObject(root) ? root.get('header') : undefined;
    if (message === undefined || !isJsonObject(message)) return null;
    return read(message, header !== undefined && isJsonObject(header) ? header : new Map()).events;
  } catch {
    return null;
  }
}
