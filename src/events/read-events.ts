import { isJsonObject, type JsonNode, type JsonObject } from '../dci/json.ts';
import { badField } from './fields.ts';
import { readOpensppEvents } from './openspp-dialect.ts';
import { type RefusedRecord, readSpdciRecords } from './spdci-dialect.ts';
import { NO_ZONES, type TimeZone, type TimeZones } from './time-zone.ts';
import type { VitalEvent } from './vital-event.ts';

export interface ReadNotification {
  /** `openspp`, `spdci`, that of a connector such as `opencrvs-webhook`, or that of an extension. */
  dialect: string;
  events: VitalEvent[];
  /** Records that could not be read, of a message that has others. */
  refused?: readonly RefusedRecord[];
}

/** A way to write vital events, which a message shows by itself. */
export interface Dialect {
  /** Such as `spdci`; kept with the message. */
  name: string;
  /** Whether a message is written in it, whatever may be wrong with it. */
  isOf(message: JsonObject): boolean;
  /** @throws {DciError} `err.request.bad`, naming the field */
  read(message: JsonObject, zone: TimeZone | null): Omit<ReadNotification, 'dialect'>;
}

/** Reads the events of a message, whatever its dialect. */
export interface NotificationReader {
  /** @throws {DciError} where it is refused */
  (message: JsonObject, header: JsonObject): ReadNotification;
  /** Whether a message is of one of its dialects, whatever may be wrong with it. */
  knows?(message: JsonObject): boolean;
  /** Whether extensions have dialects of their own, which may say anything in any words. */
  hasExtensions?: boolean;
}

const SPDCI: Dialect = {
  name: 'spdci',
  isOf: (message) => message.has('notify_event'),
  read: readSpdciRecords,
};
const OPENSPP: Dialect = {
  name: 'openspp',
  isOf: (message) => message.has('event_type'),
  read: (message, zone) => ({ events: readOpensppEvents(message, zone) }),
};

/**
 * Reads DCI's dialects and these. The message shows the dialect, not the route that it came by. Dates are as the
 * registries' zones have them.
 */
export function readerOf(others: readonly Dialect[], zones: TimeZones = NO_ZONES): NotificationReader {
  const dialects = [SPDCI, OPENSPP, ...others];
  const read: NotificationReader = (message, header) => {
    const sender = header.get('sender_id');
    return readIn(dialects, message, typeof sender === 'string' ? zones(sender) : null);
  };
  read.knows = (message) => dialects.some((one) => one.isOf(message));
  return read;
}

function readIn(dialects: readonly Dialect[], message: JsonNode, zone: TimeZone | null): ReadNotification {
  if (!isJsonObject(message)) throw badField('message', 'expected an object');
  if (SPDCI.isOf(message) && OPENSPP.isOf(message)) {
    throw badField('message', 'has both notify_event and event_type; send one of them');
  }
  const dialect = dialects.find((one) => one.isOf(message));
  if (!dialect) throw badField('message', 'expected notify_event (SPDCI) or event_type (OpenSPP)');
  return { dialect: dialect.name, ...dialect.read(message, zone) };
}
