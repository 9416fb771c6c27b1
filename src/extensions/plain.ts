import { isJsonArray, isJsonObject, type JsonNode, JsonNumber } from '../dci/json.ts';

/** JSON as JavaScript has it, that nobody can change. */
export type PlainJson =
  | string
  | number
  | boolean
  | null
  | readonly PlainJson[]
  | { readonly [name: string]: PlainJson };

const INTEGER = /^-?\d+$/;

/**
 * The plain value of a node. A number that JavaScript would change is given as the text that was sent; a member named
 * `__proto__` is left out.
 */
export function plainJson(node: JsonNode): PlainJson {
  if (node instanceof JsonNumber) {
    const value = Number(node.text);
    const same = INTEGER.test(node.text) ? Number.isSafeInteger(value) : Number.isFinite(value);
    return same ? value : node.text;
  }
  if (isJsonArray(node)) return Object.freeze(node.map(plainJson));
  if (!isJsonObject(node)) return node;
  const members = [...node].filter(([name]) => name !== '__proto__');
  return Object.freeze(Object.fromEntries(members.map(([name, value]) => [name, plainJson(value)])));
}

/** The value at a path of names and positions; undefined where there is none. */
export function valueAt(
  json: PlainJson | undefined,
  ...path: readonly (string | number)[]
): PlainJson | undefined {
  let value = json;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Readonly<Record<string | number, PlainJson>>)[step];
  }
  return value;
}

/** The text at a path, without blanks around it; null where there is none, or it is empty. Numbers count as text. */
export function textAt(json: PlainJson | undefined, ...path: readonly (string | number)[]): string | null {
  const value = valueAt(json, ...path);
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' ? value.trim() || null : null;
}
