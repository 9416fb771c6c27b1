import { type AlgorithmName, algorithmOfJoseName } from './algorithms.ts';
import { decodeBase64 } from './base64.ts';
import {
  isJsonArray,
  isJsonObject,
  type JsonNode,
  type JsonObject,
  JsonSyntaxError,
  parseJson,
} from './json.ts';

/** A compact JWS (RFC 7515), taken apart and checked for form; nothing in it is trusted yet. */
export interface CompactJws {
  algorithm: AlgorithmName;
  kid: string | null;
  /** The middle part is empty: what is signed is elsewhere. */
  detached: boolean;
  /** RFC 7797: false where the signed payload is as it is, not in base64url. */
  encoded: boolean;
  protectedPart: string;
  payloadPart: string;
  signature: Buffer;
}

export type JwsFlaw = 'signature.unreadable' | 'algorithm.unsupported' | 'crit.unsupported';

/** Whether a signature has the shape of a compact JWS; an HTTP-signature never has. */
export function looksLikeJws(signature: string): boolean {
  return /^[\w-]+\.[\w-]*\.[\w-]*$/.test(signature);
}

/**
 * Takes a compact JWS apart. Of its header only `alg`, `kid`, `crit` and `b64` are read: a key or an address of a key
 * in it (`jwk`, `jku`, `x5c`, `x5u`) means nothing, since the keys are those registered for the sender. Every `alg`
 * that is not in the table of asymmetric algorithms is refused, so `none` and `HS*` are.
 *
 * Not through jose: it verifies on the main thread, and reads the header with `JSON.parse`, which keeps the last of
 * two equal keys.
 */
export function parseJws(text: string): CompactJws | JwsFlaw {
  const [protectedPart = '', payloadPart = '', signaturePart = ''] = text.split('.');
  const signature = decodeBase64(signaturePart, 'base64url');
  const header = parseBase64Json(protectedPart);
  if (signature === null || signature.length === 0 || !isJsonObject(header)) return 'signature.unreadable';
  const alg = header.get('alg');
  const algorithm = typeof alg === 'string' ? algorithmOfJoseName(alg) : null;
  if (algorithm === null) return 'algorithm.unsupported';
  const kid = header.get('kid') ?? null;
  if (kid !== null && (typeof kid !== 'string' || !KID.test(kid))) return 'signature.unreadable';
  if (!knowsCritical(header)) return 'crit.unsupported';
  const encoded = header.get('b64') ?? true;
  const detached = payloadPart === '';
  // An unencoded payload is not base64url, so it cannot be the middle part here.
  if (typeof encoded !== 'boolean' || (!encoded && !detached)) return 'signature.unreadable';
  return { algorithm, kid, detached, encoded, protectedPart, payloadPart, signature };
}

/** The signed bytes. `detachedText` is what a detached JWS is about; a JWS with a payload does not look at it. */
export function jwsSigningInput(jws: CompactJws, detachedText: string): Buffer {
  if (!jws.detached) return Buffer.from(`${jws.protectedPart}.${jws.payloadPart}`, 'latin1');
  const payload = jws.encoded ? Buffer.from(detachedText).toString('base64url') : detachedText;
  return Buffer.from(`${jws.protectedPart}.${payload}`);
}

/** The payload as JSON; `undefined` where it is none, or has a key twice. Read it only once the signature is verified. */
export function jwsPayload(jws: CompactJws): JsonNode | undefined {
  return parseBase64Json(jws.payloadPart);
}

/** Printable ASCII: a kid goes into logs. */
const KID = /^[ -~]{1,512}$/;

/** RFC 7515, 4.1.11: what is critical must be understood; RFC 7797, 6: `b64` must be critical. */
function knowsCritical(header: JsonObject): boolean {
  const critical = header.get('crit');
  if (critical === undefined) return !header.has('b64');
  return isJsonArray(critical) && critical.length === 1 && critical[0] === 'b64' && header.has('b64');
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function parseBase64Json(text: string): JsonNode | undefined {
  const bytes = decodeBase64(text, 'base64url');
  if (bytes === null) return undefined;
  try {
    return parseJson(utf8.decode(bytes));
  } catch (error) {
    if (error instanceof JsonSyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}
