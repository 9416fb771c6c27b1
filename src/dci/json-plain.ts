import { isJsonArray, type JsonNode, JsonNumber } from './json.ts';

const INTEGER = /^-?[0-9]+$/;

/**
 * The ordinary JavaScript value of a node, for schemas.
 *
 * A number stays a `JsonNumber` where JavaScript's would be another one (an integer beyond 2^53, an overflow), so that
 * a schema refuses it instead of reading its neighbour. Objects have no prototype. A member named `__proto__` is left
 * out: no schema reads it, and code that copies members to an ordinary object would set a prototype with it.
 */
export function toPlain(node: JsonNode): unknown {
  if (typeof node === 'string' || node === null || typeof node === 'boolean') return node;
  if (node instanceof JsonNumber) return plainNumber(node);
  if (isJsonArray(node)) return node.map(toPlain);
  const plain = Object.create(null) as Record<string, unknown>;
  for (const [key, value] of node) {
    if (key !== '__proto__') plain[key] = toPlain(value);
  }
  return plain;
}

function plainNumber(node: JsonNumber): number | JsonNumber {
  const value = Number(node.text);
  const exact = INTEGER.test(node.text) ? Number.isSafeInteger(value) : Number.isFinite(value);
  return exact ? value : node;
}

/**
 * The text of an identifier or a code that some send as a number: a string as it is, an integer of any size by its
 * digits; null for anything else. Takes nodes and what `toPlain` made of them.
 *
 * No other numbers: two spellings of a fraction can have one canonical form (`1.10`, `1.1`), so the text of one is
 * not under the signature.
 */
export function identifierText(value: unknown): string | null {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : null;
  if (value instanceof JsonNumber && INTEGER.test(value.text)) return value.text === '-0' ? '0' : value.text;
  return null;
}
