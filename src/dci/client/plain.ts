import { JsonNumber, type JsonObject } from '../json.ts';
import { toPlain } from '../json-plain.ts';

/** An object of an answer as ordinary values. */
export type Plain = Readonly<Record<string, unknown>>;

/** An object node as ordinary values; a number that JavaScript cannot hold becomes its digits, as text. */
export function plainObject(node: JsonObject): Plain {
  return withoutNodes(toPlain(node)) as Plain;
}

function withoutNodes(value: unknown): unknown {
  if (value instanceof JsonNumber) return value.text;
  if (Array.isArray(value)) return value.map(withoutNodes);
  if (!isPlain(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withoutNodes(inner)]));
}

/** The body of an answer that is JSON of any kind, such as a token's; an empty object for whatever is none. */
export function plainBody(body: Uint8Array): Plain {
  try {
    const value: unknown = JSON.parse(Buffer.from(body).toString('utf8'));
    return isPlain(value) ? value : {};
  } catch {
    return {};
  }
}

/** A token that can go in a header; null for everything else. */
export function tokenOf(value: unknown): string | null {
  return typeof value === 'string' && /^[\x21-\x7e]+$/.test(value) ? value : null;
}

export function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A text that says something; null for everything else. */
export function textOf(value: unknown): string | null {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value.trim() !== '' ? value : null;
}

/** A whole number from 0, also where it is written as text; null for everything else. */
export function countOf(value: unknown): number | null {
  const text = textOf(value);
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null;
}
