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

type HttpSignatureFlaw = 'signature.unreadable' | 'headers.unsupported' | 'time.unreadable';

/** Why a text is no HTTP-signature that can be checked. */
export interface FlawedSignature {
  flaw: HttpSignatureFlaw;
  /** Names the parameter that is wrong, and never its value; null where nothing in the text is a parameter. */
  why: string | null;
}

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
 * The prefix may be missing, the namespace is anybody's own, values may be without quotes, and parameters that are not known are
 * ignored, as the IETF draft behind this form asks; none may occur twice.
 */
export function parseHttpSignature(text: string): HttpSignature | FlawedSignature {
  const parameters = readParameters(text);
  if (!(parameters instanceof Map)) return parameters;
  const kidId = parameters.get('kidId') ?? '';
  const algorithm = parameters.get('algorithm') ?? '';
  const signature = decodeBase64(parameters.get('signature') ?? '', 'base64');
  if (kidId === '') return unreadable('its parameter kidId is missing');
  if (!KID_ID.test(kidId)) {
    return unreadable('its parameter kidId must be printable ASCII of at most 512 characters');
  }
  if (algorithm === '') return unreadable('its parameter algorithm is missing');
  if (!parameters.get('signature')) return unreadable('its parameter signature is missing');
  if (signature === null || signature.length === 0) {
    return unreadable('its parameter signature is not base64 with padding');
  }
  if (parameters.get('headers') !== SIGNED_HEADERS) {
    return { flaw: 'headers.unsupported', why: `its parameter headers must be exactly "${SIGNED_HEADERS}"` };
  }
  const [created, expires] = ['created', 'expires'].map((name) => parameters.get(name) ?? '');
  for (const [name, value] of Object.entries({ created, expires })) {
    if (!UNIX_SECONDS.test(value ?? '')) {
      return {
        flaw: 'time.unreadable',
        why: `its parameter ${name} must be in whole seconds since 1970`,
      };
    }
  }
  return { kidId, algorithm, created: Number(created), expires: Number(expires), signature };
}

function unreadable(why: string | null): FlawedSignature {
  return { flaw: 'signature.unreadable', why };
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

function readParameters(text: string): Map<string, string> | FlawedSignature {
  if (text.length > MAX_LENGTH) return unreadable(`it has more than ${MAX_LENGTH} characters`);
  const parameters = new Map<string, string>();
  let last: string | null = null;
  PARAMETER.lastIndex = PREFIX.exec(text)?.[0].length ?? 0;
  for (;;) {
    const match = PARAMETER.exec(text);
    const after = last === null ? null : `what follows its parameter ${last} cannot be read`;
    if (match === null) return unreadable(after);
    const [whole, name = '', quoted, bare = ''] = match;
    if (parameters.has(name)) return unreadable(`its parameter ${name} is there twice`);
    parameters.set(name, quoted ?? bare);
    last = name;
    if (PARAMETER.lastIndex !== text.length) continue;
    // A comma at the end promises another parameter.
    return whole.endsWith(',')
      ? unreadable(`nothing follows the comma after its parameter ${name}`)
      : parameters;
  }
}
