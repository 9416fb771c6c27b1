import { isJsonObject, type JsonNode, parseJson } from '../dci/json.ts';
import { printJson } from '../dci/json-print.ts';

/**
 * What OpenSPP keeps as `raw_data`: the header and the message as received, without the signature, indented by 2, with
 * its numbers as they were sent.
 *
 * @param body an envelope that was accepted before
 */
export function rawDataOf(body: string): string {
  const root = parseJson(body);
  if (!isJsonObject(root)) throw new TypeError('an accepted envelope is an object');
  const kept = new Map<string, JsonNode>();
  for (const name of ['header', 'message']) kept.set(name, root.get(name) ?? null);
  return printJson(kept, 2);
}
