import { isJsonObject, parseJson } from '../dci/json.ts';
import { readEvents } from './read-events.ts';
import type { VitalEvent } from './vital-event.ts';

/** The events of what a row was made from (`raw_data`); null where that is no notification. */
export function toldBy(rawData: string): VitalEvent[] | null {
  try {
    const root = parseJson(rawData);
    const message = isJsonObject(root) ? root.get('message') : undefined;
    return message !== undefined && isJsonObject(message) ? readEvents(message).events : null;
  } catch {
    return null;
  }
}
