import { type AlgorithmName, algorithmNamed, verifySignature } from './algorithms.ts';
import { canonicalText } from './canonical.ts';
import { type CanonicalForm, Envelope } from './envelope.ts';
import type { DciErrorCode } from './errors.ts';
import { readHeader } from './header.ts';
import { type HttpSignature, parseHttpSignature, parseKidId, signedText } from './http-signature.ts';
import { isJsonObject, type JsonNode, type JsonObject } from './json.ts';
import { equalJson } from './json-equal.ts';
import { type CompactJws, jwsPayload, jwsSigningInput, looksLikeJws, parseJws } from './jws.ts';
import { answersTo, type VerificationKey } from './keys.ts';

/** A sender and the keys that speak for it. */
export interface Sender {
  senderId: string;
  /** The one algorithm that it is registered with; without it, the algorithms are those of its keys. */
  algorithm?: AlgorithmName | undefined;
  keys: readonly VerificationKey[];
}

export interface VerifyOptions {
  /** Whole seconds since the epoch. */
  now: number;
  /** The longest time from `created` to `expires`; 24 hours where left out. */
  maxWindowSeconds?: number;
  /** How far the sender's clock may be ahead; 60 seconds where left out. */
  skewSeconds?: number;
}

/** Why a signature was refused; stable, for logs, metrics and tests. */
export type RefusalReason =
  | 'signature.missing'
  | 'signature.unreadable'
  | 'headers.unsupported'
  | 'crit.unsupported'
  | 'sender.mismatch'
  | 'kid.malformed'
  | 'kid.other_sender'
  /** No key by that name. Where keys are fetched, the moment to look for new ones. */
  | 'kid.unknown'
  | 'algorithm.unsupported'
  | 'algorithm.disagree'
  | 'algorithm.not_the_senders'
  | 'algorithm.not_the_keys'
  | 'time.unreadable'
  | 'time.window'
  | 'time.created_ahead'
  | 'time.expired'
  | 'digest.payload'
  | 'signature.mismatch';

/** A canonical form that was tried, by the digest that the sender would have to have signed. */
export interface TriedDigest {
  form: CanonicalForm['name'];
  /** SHA-256, base64. */
  digest: string;
}

/** What the two ends need in order to find out why they disagree. No content of the message. */
interface VerifyDetails {
  /** The name of the key, as the signature gives it. */
  kid: string | null;
  algorithm: AlgorithmName | null;
  digests: TriedDigest[];
  /** Our clock minus `created`; null where the signature has no `created`. */
  clockDifferenceSeconds: number | null;
  /** From `created` to `expires`; null where the signature has none. */
  windowSeconds: number | null;
}

interface Verified {
  ok: true;
  /** The name of the key, as the signature gives it; the thumbprint where it gives none. */
  kid: string;
  algorithm: AlgorithmName;
  /** The thumbprint of the key. */
  thumbprint: string;
  form: CanonicalForm['name'] | 'jws';
  /**
   * The envelope with what the signature covers and nothing else; act on this one alone. It is the envelope that was
   * verified, but for a header that the filled-in form spells in another way, or has no such member of, and for the payload
   * of a JWS that spells a value in another way (`1`, `1.0`).
   */
  signed: Envelope;
  details: VerifyDetails;
}

export interface Refused {
  ok: false;
  code: Extract<DciErrorCode, 'err.signature.missing' | 'err.signature.invalid' | 'err.sender_id.invalid'>;
  reason: RefusalReason;
  /** Which part failed. A wrong digest and a wrong key look the same in an HTTP-signature: both are `signature`. */
  failed: 'sender' | 'kid' | 'algorithm' | 'time' | 'digest' | 'signature';
  /** For the sender: one sentence, quoting nothing. */
  message: string;
  details: VerifyDetails;
}

export type VerifyResult = Verified | Refused;

const DEFAULT_MAX_WINDOW_SECONDS = 86_400;
const DEFAULT_SKEW_SECONDS = 60;

/**
 * Verifies that an envelope was signed by its sender: in the HTTP-signature form over the header as sent or filled in,
 * or as a JWS, compact or detached. The conditions are those of the DCI contract ("Accept only if").
 *
 * Never rejects for anything in the message. What was verified is exactly what `envelope` gives to read: its known
 * header fields and its message.
 */
export async function verifyEnvelope(
  envelope: Envelope,
  sender: Sender,
  options: VerifyOptions,
): Promise<VerifyResult> {
  const details: VerifyDetails = {
    kid: null,
    algorithm: null,
    digests: [],
    clockDifferenceSeconds: null,
    windowSeconds: null,
  };
  const refuse: Refuse = (reason, why) => refused(reason, details, why);
  const { signature } = envelope;
  if (signature === null || isUnsigned(signature)) return refuse('signature.missing');
  if (envelope.header.senderId !== sender.senderId) return refuse('sender.mismatch');
  if (looksLikeJws(signature)) {
    const jws = parseJws(signature);
    return typeof jws === 'string' ? refuse(jws) : verifyJws(jws, envelope, sender, details, refuse);
  }
  const parsed = parseHttpSignature(signature);
  if ('flaw' in parsed) return refuse(parsed.flaw, parsed.why);
  return verifyHttpSignature(parsed, envelope, sender, options, details, refuse);
}

/** Whether a `signature` counts as none: nothing, white space, or a stub such as `unsigned` or `unsigned-stub`. */
export function isUnsigned(signature: string | null): boolean {
  return signature === null || signature.trim() === '' || /^\s*unsigned/i.test(signature);
}

/** `why` says more than the reason alone. */
type Refuse = (reason: RefusalReason, why?: string | null) => Refused;

async function verifyHttpSignature(
  signature: HttpSignature,
  envelope: Envelope,
  sender: Sender,
  options: VerifyOptions,
  details: VerifyDetails,
  refuse: Refuse,
): Promise<VerifyResult> {
  const { kidId, created, expires } = signature;
  details.kid = kidId;
  details.clockDifferenceSeconds = options.now - created;
  details.windowSeconds = expires - created;
  const kid = parseKidId(kidId);
  if (kid === null) return refuse('kid.malformed');
  if (kid.senderId !== sender.senderId) return refuse('kid.other_sender');
  const algorithm = algorithmNamed(signature.algorithm);
  if (algorithm === null) return refuse('algorithm.unsupported');
  details.algorithm = algorithm;
  if (algorithmNamed(kid.algorithm) !== algorithm) return refuse('algorithm.disagree');
  const keys = candidates(sender, [kidId, kid.keyId], algorithm);
  if (typeof keys === 'string') return refuse(keys);
  const flaw = timeFlaw(created, expires, options);
  if (flaw !== null) return refuse(flaw);
  for (const form of forms(envelope)) {
    details.digests.push({ form: form.name, digest: form.digest });
    const key = await firstThatVerifies(keys, signedText(created, expires, form.digest), signature.signature);
    if (key !== null) return verified(key, form.name, coveredBy(form, envelope), details);
  }
  return refuse('signature.mismatch');
}

async function verifyJws(
  jws: CompactJws,
  envelope: Envelope,
  sender: Sender,
  details: VerifyDetails,
  refuse: Refuse,
): Promise<VerifyResult> {
  details.kid = jws.kid;
  details.algorithm = jws.algorithm;
  const keys = candidates(sender, jws.kid === null ? null : [jws.kid], jws.algorithm);
  if (typeof keys === 'string') return refuse(keys);
  if (!jws.detached) {
    const key = await firstThatVerifies(keys, jwsSigningInput(jws, ''), jws.signature);
    if (key === null) return refuse('signature.mismatch');
    const payload = jwsPayload(jws);
    if (payload === undefined || !equalJson(payload, withoutSignature(envelope)))
      return refuse('digest.payload');
    return verified(key, 'jws', asInPayload(payload, envelope), details);
  }
  for (const form of forms(envelope)) {
    details.digests.push({ form: form.name, digest: form.digest });
    const key = await firstThatVerifies(keys, jwsSigningInput(jws, form.text), jws.signature);
    if (key !== null) return verified(key, 'jws', coveredBy(form, envelope), details);
  }
  return refuse('signature.mismatch');
}

/** The forms that may be signed, the cheaper one first, the other only made where that one fails. */
function* forms(envelope: Envelope): Generator<CanonicalForm> {
  const sent = envelope.asSent();
  yield sent;
  const filled = envelope.filledIn();
  if (filled !== null && filled.text !== sent.text) yield filled;
}

/**
 * The keys that a signature may be by: of the sender, by one of the names, of the algorithm. Without a name (null)
 * only where there is no choice.
 */
function candidates(
  sender: Sender,
  names: readonly string[] | null,
  algorithm: AlgorithmName,
): VerificationKey[] | RefusalReason {
  if (sender.algorithm !== undefined && sender.algorithm !== algorithm) return 'algorithm.not_the_senders';
  const named = names === null ? sender.keys : sender.keys.filter((key) => answersTo(key, names));
  if (named.length === 0) return 'kid.unknown';
  const keys = named.filter((key) => key.algorithm === algorithm);
  if (keys.length === 0) return 'algorithm.not_the_keys';
  return names === null && keys.length > 1 ? 'kid.malformed' : keys;
}

/** More than one candidate is rare: keys registered without a name while one follows another. */
async function firstThatVerifies(
  keys: readonly VerificationKey[],
  data: Buffer,
  signature: Buffer,
): Promise<VerificationKey | null> {
  for (const key of keys) {
    if (await verifySignature(key.algorithm, key.keyObject, data, signature)) return key;
  }
  return null;
}

function timeFlaw(created: number, expires: number, options: VerifyOptions): RefusalReason | null {
  const { now, maxWindowSeconds = DEFAULT_MAX_WINDOW_SECONDS, skewSeconds = DEFAULT_SKEW_SECONDS } = options;
  if (expires <= created || expires - created > maxWindowSeconds) return 'time.window';
  if (created > now + skewSeconds) return 'time.created_ahead';
  return now > expires ? 'time.expired' : null;
}

/**
 * What a canonical form covers of an envelope. The filled-in form has one spelling of what may be sent in many (`"1"`,
 * `"1.0"`), which our readers need not all read alike: what was filled in counts. Only a time may be spelt as it was sent.
 */
function coveredBy({ header }: CanonicalForm, envelope: Envelope): Envelope {
  const { headerNode, message } = envelope;
  if (header === headerNode) return envelope;
  const isWhole = Array.from(headerNode).every(([name, value]) => {
    const covered = header.get(name);
    return (
      covered !== undefined && (name === 'message_ts' || canonicalText(value) === canonicalText(covered))
    );
  });
  return isWhole ? envelope : envelopeOf(header, message, envelope);
}

/** An envelope as the payload that was signed spells it; they are equal as values. */
function asInPayload(payload: JsonNode, envelope: Envelope): Envelope {
  const [header, message] = isJsonObject(payload) ? [payload.get('header'), payload.get('message')] : [];
  if (!isJsonObject(header) || !isJsonObject(message)) return envelope;
  const isSpeltAlike =
    canonicalText(header) === canonicalText(envelope.headerNode) &&
    canonicalText(message) === canonicalText(envelope.message);
  return isSpeltAlike ? envelope : envelopeOf(header, message, envelope);
}

function envelopeOf(headerNode: JsonObject, message: JsonObject, { signature }: Envelope): Envelope {
  const root = new Map<string, JsonNode>([
    ['signature', signature],
    ['header', headerNode],
    ['message', message],
  ]);
  return new Envelope({ signature, header: readHeader(headerNode), headerNode, message, root });
}

function withoutSignature(envelope: Envelope): JsonObject {
  const rest = new Map(envelope.root);
  rest.delete('signature');
  return rest;
}

function verified(
  key: VerificationKey,
  form: Verified['form'],
  signed: Envelope,
  details: VerifyDetails,
): Verified {
  const { algorithm, thumbprint } = key;
  return { ok: true, kid: details.kid ?? thumbprint, algorithm, thumbprint, form, signed, details };
}

const MESSAGES: Record<RefusalReason, string> = {
  'signature.missing': 'signature is missing: sign the message',
  'signature.unreadable': 'signature is neither a DCI HTTP-signature nor a compact JWS',
  'headers.unsupported': 'signature must cover exactly headers="(created) (expires) digest"',
  'crit.unsupported': 'signature has a critical header parameter that is not supported',
  'sender.mismatch': 'header.sender_id is not the sender that this message is verified for',
  'kid.malformed':
    'signature must name its key: kidId="{sender_id}|{key id}|{algorithm}", or a kid in the JWS header',
  'kid.other_sender': 'signature is of another sender than header.sender_id',
  'kid.unknown': 'signature names a key that is not registered for header.sender_id',
  'algorithm.unsupported': 'signature uses an algorithm that is not supported',
  'algorithm.disagree': 'signature names one algorithm in kidId and another in algorithm',
  'algorithm.not_the_senders': 'signature uses another algorithm than the sender is registered with',
  'algorithm.not_the_keys': 'signature uses another algorithm than its key is for',
  'time.unreadable': 'signature must have created and expires in whole seconds since 1970',
  'time.window': 'signature must have expires after created, and not too long after it',
  'time.created_ahead': 'signature was created in the future: check the clock',
  'time.expired': 'signature has expired: sign again, and check the clock',
  'digest.payload': 'signature is over another content than header and message',
  'signature.mismatch':
    'signature does not verify: another key, or header or message differ from what was signed',
};

const FAILED = new Map<string, Refused['failed']>([
  ['sender', 'sender'],
  ['kid', 'kid'],
  ['algorithm', 'algorithm'],
  ['time', 'time'],
  ['digest', 'digest'],
]);

function refused(reason: RefusalReason, details: VerifyDetails, why: string | null = null): Refused {
  const failed = FAILED.get(reason.slice(0, reason.indexOf('.'))) ?? 'signature';
  const message = why === null ? MESSAGES[reason] : `signature cannot be checked: ${why}`;
  return { ok: false, code: codeOf(reason), reason, failed, message, details };
}

function codeOf(reason: RefusalReason): Refused['code'] {
  if (reason === 'signature.missing') return 'err.signature.missing';
  return reason === 'sender.mismatch' ? 'err.sender_id.invalid' : 'err.signature.invalid';
}
