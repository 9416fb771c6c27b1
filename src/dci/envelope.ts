import { hash } from 'node:crypto';
import { canonicalEnvelope, canonicalText } from './canonical.ts';
import { DciError } from './errors.ts';
import { filledHeader } from './filled-header.ts';
import { type EnvelopeHeader, readHeader } from './header.ts';
import {
  isJsonObject,
  type JsonNode,
  type JsonObject,
  JsonSyntaxError,
  type JsonSyntaxErrorCode,
  parseJson,
} from './json.ts';

/** A canonical text that a signature may cover, with the header that is in it. */
export interface CanonicalForm {
  name: 'as-sent' | 'filled-in';
  header: JsonObject;
  text: string;
  /** SHA-256 of the text, base64: the `digest` of an HTTP-signature. */
  digest: string;
}

/**
 * A DCI message: `{"signature", "header", "message"}`. Only these three are ever read; whatever else is in the
 * body is under no HTTP-signature.
 */
export class Envelope {
  /** As sent; null where it is missing or null. */
  readonly signature: string | null;
  readonly header: EnvelopeHeader;
  /** The header with all its members, as sent. */
  readonly headerNode: JsonObject;
  readonly message: JsonObject;
  /** The whole body: what the payload of a JWS is compared with. */
  readonly root: JsonObject;
  /** The text that it was read from, to the letter; null where it was put together. */
  readonly text: string | null;
  private messageText: string | null = null;
  private sent: CanonicalForm | null = null;

  constructor(parts: {
    signature: string | null;
    header: EnvelopeHeader;
    headerNode: JsonObject;
    message: JsonObject;
    root: JsonObject;
    text?: string | undefined;
  }) {
    this.signature = parts.signature;
    this.header = parts.header;
    this.headerNode = parts.headerNode;
    this.message = parts.message;
    this.root = parts.root;
    this.text = parts.text ?? null;
  }

  /** The canonical text over the header as sent. */
  asSent(): CanonicalForm {
    this.sent ??= this.form('as-sent', this.headerNode);
    return this.sent;
  }

  /** The canonical text over the header that OpenSPP's schema fills in; null where it would refuse the header. */
  filledIn(): CanonicalForm | null {
    const header = filledHeader(this.headerNode);
    return header && this.form('filled-in', header);
  }

  /**
   * SHA-256 of the action and the canonical message, hex: what makes two messages the same is what they say. A registry
   * that sends again may stamp its header again (`message_ts`), and signs again.
   */
  contentDigest(): string {
    return hash('sha256', `${this.header.action}\n${this.canonicalMessage()}`, 'hex');
  }

  /** Made once: both forms and the digest need it. */
  private canonicalMessage(): string {
    this.messageText ??= canonicalText(this.message);
    return this.messageText;
  }

  private form(name: CanonicalForm['name'], header: JsonObject): CanonicalForm {
    const text = canonicalEnvelope(canonicalText(header), this.canonicalMessage());
    return { name, header, text, digest: hash('sha256', text, 'base64') };
  }
}

/**
 * Reads an envelope, strictly in what its signature and its meaning rest on and loosely in all else, because senders
 * are loose. Give it bytes: a text decoder elsewhere may already have replaced what was not UTF-8. A byte order mark
 * at the start is dropped.
 *
 * @throws {DciError} `err.request.bad` (not UTF-8, not JSON, a key twice, a required field missing or of another type)
 *   or `err.version.not_supported`
 */
export function parseEnvelope(body: Uint8Array | string): Envelope {
  return readEnvelope(typeof body === 'string' ? body.replace(/^\ufeff/, '') : bodyText(body));
}

/**
 * Reads an envelope from a text that `bodyText` gave. A byte order mark here is a second one, and no JSON: a text that
 * is kept must be read later as it is.
 *
 * @throws {DciError} as `parseEnvelope` does
 */
export function readEnvelope(text: string): Envelope {
  const root = parseBody(text);
  if (!isJsonObject(root)) {
    throw bad(null, 'the body must be a JSON object with "signature", "header" and "message"');
  }
  const signature = root.get('signature') ?? null;
  if (signature !== null && typeof signature !== 'string') {
    throw bad('signature', 'signature must be a string');
  }
  const headerNode = objectMember(root, 'header');
  const header = readHeader(headerNode);
  return new Envelope({ signature, header, headerNode, message: objectMember(root, 'message'), root, text });
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * The text of a body.
 *
 * @throws {DciError} `err.request.bad` where it is not UTF-8
 */
export function bodyText(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new DciError('err.request.bad', null, 'the body must be UTF-8', 'body.not_utf8');
  }
}

const ADVICE = new Map<JsonSyntaxErrorCode, string>([
  ['json.duplicate_key', '; send each key once'],
  ['json.too_many_values', '; send fewer records a message'],
  ['json.too_many_members', '; send a list of objects where there are that many'],
]);

/**
 * Reads a body that is JSON, whatever it holds.
 *
 * @throws {DciError} `err.request.bad` where it is not JSON, or has a key twice
 */
export function parseBody(text: string): JsonNode {
  try {
    return parseJson(text);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    const advice = ADVICE.get(error.code) ?? '';
    throw new DciError(
      'err.request.bad',
      error.path === '' ? null : error.path,
      `the body cannot be read: ${error.message}${advice}`,
      error.code,
    );
  }
}

function objectMember(root: JsonObject, name: string): JsonObject {
  const value = root.get(name);
  if (isJsonObject(value)) return value;
  throw bad(
    name,
    value === undefined ? `${name} is missing: it must be an object` : `${name} must be an object`,
  );
}

function bad(field: string | null, message: string): DciError {
  return new DciError('err.request.bad', field, message);
}
