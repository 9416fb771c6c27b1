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

/** What UTF-16 does not order as code points: surrogates, and the character that stands for them below. */
const OUT_OF_ORDER = /[\ud800-\udfff\uffff]/;
const PAIR_OR_LAST = /[\ud800-\udbff][\udc00-\udfff]|\uffff/g;

/**
 * The keys by code point, as Python orders them. JavaScript orders by UTF-16 code units, which is the same but for
 * characters above U+FFFF: these keys are sorted by a text made of each once, with U+FFFF before every pair, and U+0000
 * behind a U+FFFF that was there. A comparison of our own, called for every two keys, holds up all others for long.
 */
function sortedKeys(members: JsonObject): string[] {
  const keys = Array.from(members.keys());
  if (!keys.some((key) => OUT_OF_ORDER.test(key))) return keys.sort();
  const byText = new Map(keys.map((key) => [sortText(key), key]));
  return Array.from(byText.keys())
    .sort()
    .map((text) => byText.get(text) as string);
}

function sortText(key: string): string {
  return key.replace(PAIR_OR_LAST, (found) => (found === '\uffff' ? '\uffff\u0000' : `\uffff${found}`));
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
