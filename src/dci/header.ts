import { isPrintable } from '../lib/text.ts';
import { DciError } from './errors.ts';
import { type JsonNode, JsonNumber, type JsonObject } from './json.ts';
import { identifierText } from './json-plain.ts';
import { parseTimestamp } from './timestamp.ts';

/** What the bridge reads of a DCI message header (SPDCI CRVS API v1.0.0, `MsgHeader` and `MsgCallbackHeader`). */
export interface EnvelopeHeader {
  version: string;
  messageId: string;
  /** ISO 8601, as sent. */
  messageTs: string;
  action: string;
  senderId: string;
  senderUri: string | null;
  receiverId: string | null;
  /** Null where it is missing or no count. */
  totalCount: number | null;
  isMsgEncrypted: boolean;
  /** Callback headers: `rcvd`, `pdng`, `succ`, `rjct` in the specification; as sent. */
  status: string | null;
  statusReasonCode: string | null;
  statusReasonMessage: string | null;
  completedCount: number | null;
}

/**
 * Reads a header. `message_id`, `message_ts`, `action` and `sender_id` are required; an optional field with a value
 * that cannot be used counts as missing, because nothing rests on it. `is_msg_encrypted` is the exception: it decides
 * what `message` is.
 *
 * @throws {DciError} `err.request.bad` or `err.version.not_supported`, naming the field
 */
export function readHeader(header: JsonObject): EnvelopeHeader {
  return {
    version: version(header),
    messageId: name(header, 'message_id'),
    messageTs: timestamp(header),
    action: name(header, 'action'),
    senderId: name(header, 'sender_id'),
    senderUri: optionalText(header, 'sender_uri'),
    receiverId: optionalText(header, 'receiver_id'),
    totalCount: count(header, 'total_count'),
    isMsgEncrypted: isMsgEncrypted(header),
    status: optionalText(header, 'status'),
    statusReasonCode: optionalText(header, 'status_reason_code'),
    statusReasonMessage: optionalText(header, 'status_reason_message'),
    completedCount: count(header, 'completed_count'),
  };
}

const VERSION_1 = /^v?1(?:\.|$)/i;

function version(header: JsonObject): string {
  const sent = header.get('version') ?? '';
  const text = sent instanceof JsonNumber ? sent.text : sent;
  if (typeof text !== 'string') throw bad('version', 'must be a string, such as "1.0.0"');
  if (text === '') return '1.0.0';
  if (VERSION_1.test(text)) return text;
  throw new DciError(
    'err.version.not_supported',
    'header.version',
    'header.version is not supported: this service speaks version 1.0.0',
  );
}

const MAX_NAME_LENGTH = 255;

/** These go into keys, logs and other systems: bounded, no control characters, nothing that UTF-8 cannot hold. */
function name(header: JsonObject, field: string): string {
  const text = header.get(field);
  if (text === undefined || text === null) throw bad(field, 'is missing: it must be a string');
  if (typeof text !== 'string') throw bad(field, 'must be a string');
  if (text.trim() === '') throw bad(field, 'must not be empty');
  if (text.length > MAX_NAME_LENGTH) throw bad(field, `must have at most ${MAX_NAME_LENGTH} characters`);
  if (!isPrintable(text)) {
    throw bad(field, 'must not have control characters or lone surrogates');
  }
  return text;
}

function timestamp(header: JsonObject): string {
  const text = header.get('message_ts');
  if (text === undefined || text === null)
    throw bad('message_ts', 'is missing: it must be an ISO 8601 date-time');
  if (typeof text !== 'string' || parseTimestamp(text) === null) {
    throw bad('message_ts', 'must be an ISO 8601 date-time with a zone, such as "2025-01-31T08:30:00Z"');
  }
  return text;
}

function optionalText(header: JsonObject, field: string): string | null {
  const text = header.get(field);
  return typeof text === 'string' && text !== '' ? text : null;
}

function count(header: JsonObject, field: string): number | null {
  const text = identifierText(header.get(field))?.trim() ?? '';
  return /^[0-9]{1,15}$/.test(text) ? Number(text) : null;
}

const ENCRYPTED = new Map<JsonNode, boolean>([
  [true, true],
  ['true', true],
  ['1', true],
  [false, false],
  ['false', false],
  ['0', false],
  ['', false],
  [null, false],
]);

function isMsgEncrypted(header: JsonObject): boolean {
  const sent = header.get('is_msg_encrypted') ?? null;
  const known = ENCRYPTED.get(
    sent instanceof JsonNumber ? sent.text : typeof sent === 'string' ? sent.toLowerCase() : sent,
  );
  if (known === undefined) throw bad('is_msg_encrypted', 'must be true or false');
  return known;
}

function bad(field: string, sentence: string): DciError {
  return new DciError('err.request.bad', `header.${field}`, `header.${field} ${sentence}`);
}
