import { isJsonArray, type JsonNode, JsonNumber, type JsonObject } from './json.ts';

/**
 * The canonical text of a node: to the letter what Python's `json.dumps(value, sort_keys=True, separators=(",", ":"))`
 * prints of the value that `json.loads` read, which is what OpenSPP signs and hashes.
 */
export function canonicalText(node: JsonNode): string {
  if (typeof node === 'string') return quote(node);
  if (node === null) return 'null';
  if (typeof node === 'boolean') return node ? 'true' : 'false';
  if (node instanceof JsonNumber) return canonicalNumber(node.text);
  if (isJsonArray(node)) return canonicalArray(node);
  return canonicalObject(node);
}

/** The canonical text of `{"header": header, "message": message}`, given those of its two members. */
export function canonicalEnvelope(headerText: string, messageText: string): string {
  return `{"header":${headerText},"message":${messageText}}`;
}

function canonicalArray(items: readonly JsonNode[]): string {
  let text = '[';
  for (let i = 0; i < items.length; i++) {
    if (i > 0) text += ',';
    text += canonicalText(items[i] as JsonNode);
  }
  return `${text}]`;
}

function canonicalObject(members: JsonObject): string {
  let text = '{';
  for (const key of sortedKeys(members)) {
    if (text.length > 1) text += ',';
    text += `${quote(key)}:${canonicalText(members.get(key) as JsonNode)}`;
  }
  return `${text}}`;
}

const SURROGATE = /[\ud800-\udfff]/;

function sortedKeys(members: JsonObject): string[] {
  const keys = Array.from(members.keys());
  // JavaScript sorts by UTF-16 code units, which is Python's order but for characters above U+FFFF.
  return keys.some((key) => SURROGATE.test(key)) ? keys.sort(byCodePoint) : keys.sort();
}

function byCodePoint(a: string, b: string): number {
  const end = Math.min(a.length, b.length);
  let i = 0;
  while (i < end && a.charCodeAt(i) === b.charCodeAt(i)) i += 1;
  if (i === end) return a.length - b.length;
  // Where the units that differ end a surrogate pair, the characters to compare begin one unit before.
  const inPair = i > 0 && isHigh(a.charCodeAt(i - 1)) && (isLow(a.charCodeAt(i)) || isLow(b.charCodeAt(i)));
  const start = inPair ? i - 1 : i;
  return (a.codePointAt(start) as number) - (b.codePointAt(start) as number);
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}

const TO_ESCAPE = /[^ !#-[\]-~]/;

function quote(text: string): string {
  if (!TO_ESCAPE.test(text)) return `"${text}"`;
  let quoted = '"';
  for (let i = 0; i < text.length; i++) quoted += escapeUnit(text.charCodeAt(i));
  return `${quoted}"`;
}

/** By code unit, filled as needed: names in most of the world's scripts are nothing but escapes. */
const ESCAPES = new Array<string | undefined>(0x10000);

function escapeUnit(unit: number): string {
  ESCAPES[unit] ??= pythonEscape(String.fromCharCode(unit));
  return ESCAPES[unit];
}

function pythonEscape(character: string): string {
  // JSON.stringify has Python's short escapes; Python escapes all else that is not printable ASCII.
  if (/["\\\b\f\n\r\t]/.test(character)) return JSON.stringify(character).slice(1, -1);
  if (!TO_ESCAPE.test(character)) return character;
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

const INTEGER = /^-?[0-9]+$/;

function canonicalNumber(text: string): string {
  if (INTEGER.test(text)) return text === '-0' ? '0' : text;
  return pythonFloat(Number(text));
}

/**
 * Python's `repr` of a float: the same shortest digits as JavaScript's, but `.0` after a whole number, an exponent
 * below 1e-4 and from 1e16 on, and at least two digits in it.
 */
function pythonFloat(value: number): string {
  if (Object.is(value, -0)) return '-0.0';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  const size = Math.abs(value);
  if (size >= 1e16 || (size < 1e-4 && size > 0)) {
    return value.toExponential().replace(/e([+-])([0-9])$/, 'e$10$2');
  }
  return Number.isInteger(value) ? `${value}.0` : String(value);
}
