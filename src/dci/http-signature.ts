import { decodeBase64 } from './base64.ts';

/** The parameters of an HTTP-signature, checked for form, not for truth. */
export interface HttpSignature {
  /** `{sender_id}|{key id}|{algorithm}`. */
  kidId: string;
  algorithm: string;
  /** Seconds since the epoch. */
  created: number;
  expires: number;
  signature: Buffer;
}

export type HttpSignatureFlaw = 'signature.unreadable' | 'headers.unsupported' | 'time.unreadable';

/** What an HTTP-signature must cover; the specification knows no other list. */
export const SIGNED_HEADERS = '(created) (expires) digest';

const PREFIX = /^[ \t]*Signature:/i;
const PARAMETER = /[ \t]*([A-Za-z]{1,32})[ \t]*=[ \t]*(?:"([^"]*)"|([^\s",]+))[ \t]*(?:,|$)/y;
/** Printable ASCII: a kid goes into logs. A sender_id that is not ASCII cannot sign in this form. */
const KID_ID = /^[ -~]{1,512}$/;
/** Decimal without sign, exponent or leading zeros: one moment has one spelling. */
const UNIX_SECONDS = /^(?:0|[1-9][0-9]{0,11})$/;
const MAX_LENGTH = 8192;

/**
 * Reads the `signature` of an envelope in the HTTP-signature form:
 *
 * `Signature: namespace="spdci", kidId="s|k|ed25519", algorithm="ed25519", created="…", expires="…",
 * headers="(created) (expires) digest", signature="…"`
 *
 * The prefix may be missing, the namespace is anybody's own, values may stand without quotes, and parameters that are not known are
 * ignored, as the IETF draft behind this form asks; none may occur twice.
 */
export function parseHttpSignature(text: string): HttpSignature | HttpSignatureFlaw {
  const parameters = readParameters(text);
  if (parameters === null) return 'signature.unreadable';
  const kidId = parameters.get('kidId') ?? '';
  const algorithm = parameters.get('algorithm') ?? '';
  const signature = decodeBase64(parameters.get('signature') ?? '', 'base64');
  if (!KID_ID.test(kidId) || algorithm === '' || signature === null || signature.length === 0) {
    return 'signature.unreadable';
  }
  if (parameters.get('headers') !== SIGNED_HEADERS) return 'headers.unsupported';
  const created = parameters.get('created') ?? '';
  const expires = parameters.get('expires') ?? '';
  if (!UNIX_SECONDS.test(created) || !UNIX_SECONDS.test(expires)) return 'time.unreadable';
  return { kidId, algorithm, created: Number(created), expires: Number(expires), signature };
}

/** The signed bytes. `digest` is the base64 of SHA-256 of a canonical text. */
export function signedText(created: number, expires: number, digest: string): Buffer {
  return Buffer.from(`(created): ${created}\n(expires): ${expires}\ndigest: ${digest}`, 'latin1');
}

/** The parts of a kid `{sender_id}|{key id}|{algorithm}`; null where it has not these three, or one is empty. */
export function parseKidId(kidId: string): { senderId: string; keyId: string; algorithm: string } | null {
  const [senderId, keyId, algorithm, ...more] = kidId.split('|');
  if (!senderId || !keyId || !algorithm || more.length > 0) return null;
  return { senderId, keyId, algorithm };
}

function readParameters(text: string): Map<string, string> | null {
  if (text.length > MAX_LENGTH) return null;
  const parameters = new Map<string, string>();
  PARAMETER.lastIndex = PREFIX.exec(text)?.[0].length ?? 0;
  for (;;) {
    const match = PARAMETER.exec(text);
    if (match === null) return null;
    const [whole, name = '', quoted, bare = ''] = match;
    if (parameters.has(name)) return null;
    parameters.set(name, quoted ?? bare);
    // A comma at the end promises another parameter.
    if (PARAMETER.lastIndex === text.length) return whole.endsWith(',') ? null : parameters;
  }
}
