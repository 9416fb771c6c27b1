import { isJsonArray, isJsonObject, type JsonNode, JsonNumber, type JsonObject } from './json.ts';
import { parseTimestamp } from './timestamp.ts';

/** Gives the value that the schema reads a field as, or `undefined` where it refuses the field. */
type Reader = (value: JsonNode) => JsonNode | undefined;

interface Field {
  read: Reader;
  /** What stands in for a missing field; without one it is required. */
  missing?: JsonNode;
}

const ZERO = new JsonNumber('0');

/** The fields of OpenSPP's `DCIMessageHeader`, and no others: its schema drops what it does not know. */
const HEADER_FIELDS = new Map<string, Field>([
  ['version', { read: text, missing: '1.0.0' }],
  ['message_id', { read: text }],
  ['message_ts', { read: timestamp }],
  ['action', { read: text }],
  ['sender_id', { read: text }],
  ['sender_uri', { read: optional(text), missing: null }],
  ['receiver_id', { read: text }],
  ['total_count', { read: integer, missing: ZERO }],
  ['is_msg_encrypted', { read: boolean, missing: false }],
  ['meta', { read: optional(dictionary), missing: null }],
]);

const CALLBACK_FIELDS = new Map<string, Field>([
  ...HEADER_FIELDS,
  ['status', { read: status }],
  ['status_reason_code', { read: optional(text), missing: null }],
  ['status_reason_message', { read: optional(text), missing: null }],
  ['completed_count', { read: integer, missing: ZERO }],
]);

/**
 * The header as OpenSPP's schema fills it in, which is the form that OpenSPP itself signs and verifies: pydantic 2's
 * `model_dump(mode="json")` in its lax mode. A header that has `status` is filled in as a callback header.
 *
 * Null where that schema refuses the header: then this form does not exist, and nobody can have signed it. (Timestamps
 * as numbers, which the schema takes, are refused before this, by the envelope.)
 */
export function filledHeader(header: JsonObject): JsonObject | null {
  const filled = new Map<string, JsonNode>();
  for (const [name, field] of header.has('status') ? CALLBACK_FIELDS : HEADER_FIELDS) {
    const sent = header.get(name);
    const value = sent === undefined ? field.missing : field.read(sent);
    if (value === undefined) return null;
    filled.set(name, value);
  }
  return filled;
}

function optional(read: Reader): Reader {
  return (value) => (value === null ? null : read(value));
}

function text(value: JsonNode): JsonNode | undefined {
  return typeof value === 'string' ? value : undefined;
}

const STATUSES: ReadonlySet<JsonNode> = new Set(['rcvd', 'pdng', 'succ', 'rjct']);

function status(value: JsonNode): JsonNode | undefined {
  return STATUSES.has(value) ? value : undefined;
}

function timestamp(value: JsonNode): JsonNode | undefined {
  const parts = typeof value === 'string' ? parseTimestamp(value) : null;
  if (parts === null) return undefined;
  const microseconds = parts.fraction.slice(0, 6).padEnd(6, '0');
  const fraction = microseconds === '000000' ? '' : `.${microseconds}`;
  return `${parts.date}T${parts.time}${fraction}${parts.zone ?? ''}`;
}

const INTEGER = /^-?[0-9]+$/;
/** What Python's `int()` takes, and the zero fraction that pydantic takes besides. */
const INTEGER_STRING = /^\s*([+-]?)([0-9]+(?:_[0-9]+)*)(?:\.0+)?\s*$/;

function integer(value: JsonNode): JsonNode | undefined {
  if (typeof value === 'boolean') return new JsonNumber(value ? '1' : '0');
  if (typeof value === 'string') {
    const [, sign, digits] = INTEGER_STRING.exec(value) ?? [];
    if (digits === undefined) return undefined;
    const plain = digits.replaceAll('_', '').replace(/^0+(?=.)/, '');
    return new JsonNumber(sign === '-' && plain !== '0' ? `-${plain}` : plain);
  }
  if (!(value instanceof JsonNumber)) return undefined;
  if (INTEGER.test(value.text)) return value;
  const float = Number(value.text);
  // Above 64 bits the schema reads integers only from an integer or a string.
  return Number.isInteger(float) && Math.abs(float) < 2 ** 63
    ? new JsonNumber(String(BigInt(float)))
    : undefined;
}

const TRUE_WORDS: ReadonlySet<string> = new Set(['1', 'true', 't', 'yes', 'y', 'on']);
const FALSE_WORDS: ReadonlySet<string> = new Set(['0', 'false', 'f', 'no', 'n', 'off']);

function boolean(value: JsonNode): JsonNode | undefined {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string') {
    const word = value.toLowerCase();
    if (TRUE_WORDS.has(word)) return true;
    return FALSE_WORDS.has(word) ? false : undefined;
  }
  if (!(value instanceof JsonNumber)) return undefined;
  const number = Number(value.text);
  if (number === 1) return true;
  return number === 0 ? false : undefined;
}

function dictionary(value: JsonNode): JsonNode | undefined {
  return isJsonObject(value) && allFinite(value) ? value : undefined;
}

/** The schema replaces an infinity by null. Nobody means one, so such a header has no filled-in form here. */
function allFinite(node: JsonNode): boolean {
  if (node instanceof JsonNumber) return INTEGER.test(node.text) || Number.isFinite(Number(node.text));
  if (isJsonArray(node)) return node.every(allFinite);
  return !isJsonObject(node) || Array.from(node.values()).every(allFinite);
}
