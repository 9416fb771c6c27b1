import { isJsonObject, type JsonNode, type JsonObject } from '../dci/json.ts';
import { badField } from './fields.ts';
import { isWebhook, readWebhookEvents } from './opencrvs/webhook-dialect.ts';
import { readOpensppEvents } from './openspp-dialect.ts';
import { type RefusedRecord, readSpdciRecords } from './spdci-dialect.ts';
import type { TimeZone, TimeZones } from './time-zone.ts';
import type { VitalEvent } from './vital-event.ts';

export interface ReadNotification {
  /** `openspp`, `spdci`, `opencrvs-webhook`, or that of an extension. */
  dialect: string;
  events: VitalEvent[];
  /** Records that could not be read, of a message that has others. */
  refused?: readonly RefusedRecord[];
}

/** Reads the events of a message, whatever its dialect. */
export interface NotificationReader {
  /** @throws {DciError} where it is refused */
  (message: JsonObject, header: JsonObject): ReadNotification;
  /** Whether extensions have dialects of their own, which may say anything in any words. */
  hasExtensions?: boolean;
}

/** The bridge's own dialects, with dates as the registries' zones have them. */
export function readerIn(zones: TimeZones): NotificationReader {
  return (message, header) => {
    const sender = header.get('sender_id');
    return readIn(message, typeof sender === 'string' ? zones(sender) : null);
  };
}

/**
 * Reads the events of a notification's `message`. The message decides the dialect, not the route that it came by.
 *
 * @throws {DciError} `err.request.bad`, naming the field
 */
export const readEvents = (message: JsonNode): ReadNotification => readIn(message, null);

function readIn(message: JsonNode, zone: TimeZone | null): ReadNotification {
  if (!isJsonObject(message)) throw badField('message', 'expected an object');
  const spdci = message.has('notify_event');
  const openspp = message.has('event_type');
  if (spdci && openspp) throw badField('message', 'has both notify_event and event_type; send one of them');
  if (spdci) return { dialect: 'spdci', ...readSpdciRecords(message, zone) };
  if (openspp) return { dialect: 'openspp', events: readOpensppEvents(message, zone) };
  if (isWebhook(message)) return { dialect: 'opencrvs-webhook', events: readWebhookEvents(message, zone) };
  throw badField('message', 'expected notify_event (SPDCI) or event_type (OpenSPP)');
}

/** Whether a message is of one of these dialects, whatever may be wrong with it. */
export function isKnownDialect(message: JsonObject): boolean {
  return message.has('notify_event') || message.has('event_type') || isWebhook(message);
}
