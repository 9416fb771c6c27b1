import { isJsonObject, type JsonNode, type JsonObject, JsonSyntaxError, parseJson } from '../dci/json.ts';
import { printJson } from '../dci/json-print.ts';
import { type InboxEvent, readIdentityChange } from './identity-event.ts';
import { onlyRecord } from './spdci-records.ts';

/** The header and the message of an accepted envelope. */
export interface KeptContent {
  header: JsonNode;
  message: JsonNode;
}

/**
 * Why the delivery could not read a text that is about to be kept: what it was read from may have been less deep, or of
 * fewer values. Null where it can.
 */
export function keptTextProblem(
  body: string,
  events: readonly Pick<InboxEvent, 'type'>[],
): JsonSyntaxError | null {
  try {
    const { message } = keptContent(body);
    if (events.some(({ type }) => type === 'identity')) readIdentityChange(message);
    return null;
  } catch (error) {
    if (error instanceof JsonSyntaxError) return error;
    throw error;
  }
}

/** Reads an envelope that was accepted before. */
export function keptContent(body: string): KeptContent {
  const root = parseJson(body);
  if (!isJsonObject(root)) throw new TypeError('an accepted envelope is an object');
  return { header: root.get('header') ?? null, message: root.get('message') ?? null };
}

/**
 * What OpenSPP keeps as `raw_data` of an event: the header and the message as received, without the signature,
 * indented by 2, with its numbers as they were sent. Of a message with several records only the event's own: nobody
 * who looks at one person's event is to see the others, and a row does not grow with the message.
 *
 * @param position the event's place among those of the message, from 0
 */
export function rawDataOf({ header, message }: KeptContent, position: number): string {
  const own: JsonNode = isJsonObject(message) ? onlyRecord(message, position) : message;
  const kept: JsonObject = new Map([
    ['header', header],
    ['message', own],
  ]);
  return printJson(kept, 2);
}
