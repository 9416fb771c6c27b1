import { parseJson } from '../dci/json.ts';
import type { EventToMatch } from '../openspp/hooks.ts';
import type { ExtensionEvent } from './extension.ts';
import { type PlainJson, plainJson, valueAt } from './plain.ts';

/** The event as an extension sees it; the message is read when it is asked for. */
export function eventView(event: EventToMatch): ExtensionEvent {
  let content: PlainJson | undefined;
  const kept = (member: 'header' | 'message'): PlainJson => {
    content ??= plainJson(parseJson(event.rawData));
    return valueAt(content, member) ?? null;
  };
  return Object.freeze({
    type: event.type,
    date: event.date,
    identifiers: Object.freeze(event.identifiers.map((one) => Object.freeze({ ...one }))),
    source: event.source,
    receivedAt: event.receivedAt,
    position: event.position,
    get header() {
      return kept('header');
    },
    get message() {
      return kept('message');
    },
    get record() {
      return recordOf(kept('message'));
    },
  });
}

/** What is kept of an SPDCI message has one record alone, in the shape that the sender gave it. */
function recordOf(message: PlainJson): PlainJson {
  const notified = first(valueAt(message, 'notify_event'));
  const record = first(valueAt(notified, 'data', 'reg_records'));
  return record ?? message;
}

function first(value: PlainJson | undefined): PlainJson | undefined {
  return Array.isArray(value) ? value[0] : value;
}
