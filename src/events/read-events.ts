import { isJsonObject, type JsonNode } from '../dci/json.ts';
import { badField } from './fields.ts';
import { isWebhook, readWebhookEvents } from './opencrvs/webhook-dialect.ts';
import { readOpensppEvents } from './openspp-dialect.ts';
import { readSpdciEvents } from './spdci-dialect.ts';
import type { VitalEvent } from './vital-event.ts';

export interface ReadNotification {
  dialect: 'openspp' | 'spdci' | 'opencrvs-webhook';
  events: VitalEvent[];
}

/**
 * Reads the events of a notification's `message`. The message tells the dialect, not the route that it came by.
 *
 * @throws {DciError} `err.request.bad`, naming the field
 */
export function readEvents(message: JsonNode): ReadNotification {
  if (!isJsonObject(message)) throw badField('message', 'expected an object');
  const spdci = message.has('notify_event');
  const openspp = message.has('event_type');
  if (spdci && openspp) throw badField('message', 'has both notify_event and event_type; send one of them');
  if (spdci) return { dialect: 'spdci', events: readSpdciEvents(message) };
  if (openspp) return { dialect: 'openspp', events: readOpensppEvents(message) };
  if (isWebhook(message)) return { dialect: 'opencrvs-webhook', events: readWebhookEvents(message) };
  throw badField('message', 'expected notify_event (SPDCI) or event_type (OpenSPP)');
}
