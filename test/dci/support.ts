import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { AlgorithmName } from '../../src/dci/algorithms.ts';
import { type Envelope, parseEnvelope } from '../../src/dci/envelope.ts';
import type { JsonNode, JsonObject } from '../../src/dci/json.ts';
import { JsonNumber } from '../../src/dci/json.ts';
import { keyFromPem, type VerificationKey } from '../../src/dci/keys.ts';
import { type EnvelopeContent, nodeOf, printEnvelope, signHttpSignature } from '../../src/dci/sign.ts';
import type { Sender } from '../../src/dci/verify.ts';

export const NOW = 1_764_000_000;
export const SENDER_ID = 'crvs.national.gov';

export interface Pair {
  publicKey: KeyObject;
  privateKey: KeyObject;
}

const GENERATE: Record<AlgorithmName, () => Pair> = {
  ed25519: () => generateKeyPairSync('ed25519'),
  rs256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ps256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  es256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  es384: () => generateKeyPairSync('ec', { namedCurve: 'P-384' }),
};

const pairs = new Map<AlgorithmName, Pair>();

/** The sender's pair of an algorithm, made once. */
export function pairOf(algorithm: AlgorithmName): Pair {
  const pair = pairs.get(algorithm) ?? GENERATE[algorithm]();
  pairs.set(algorithm, pair);
  return pair;
}

export function pemOf(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'pem' }).toString();
}

/** The sender as OpenSPP registers one: one key, in PEM. */
export function senderWith(algorithm: AlgorithmName, pair: Pair = pairOf(algorithm)): Sender {
  return { senderId: SENDER_ID, algorithm, keys: [keyFromPem(pemOf(pair.publicKey), algorithm)] };
}

/** The sender with keys by name, as a JWKS gives them. */
export function senderWithKeys(keys: VerificationKey[]): Sender {
  return { senderId: SENDER_ID, keys };
}

export const HEADER = {
  version: '1.0.0',
  message_id: 'msg-0001',
  message_ts: '2025-11-24T16:00:00Z',
  action: 'notify',
  sender_id: SENDER_ID,
  sender_uri: 'https://crvs.national.gov/api',
  receiver_id: 'openspp',
  total_count: 1,
  is_msg_encrypted: false,
  meta: null,
};

export const MESSAGE = {
  event_type: 'DEATH',
  event_date: '2024-12-01',
  identifiers: [{ type: 'UIN', value: '123456789' }],
};

export function contentOf(header: object = HEADER, message: object = MESSAGE): EnvelopeContent {
  return { header: nodeOf(header) as JsonObject, message: nodeOf(message) as JsonObject };
}

export interface SigningOptions {
  algorithm?: AlgorithmName;
  pair?: Pair;
  senderId?: string;
  keyId?: string;
  created?: number;
  expires?: number;
}

export function httpSignature(
  content: EnvelopeContent = contentOf(),
  options: SigningOptions = {},
): Promise<string> {
  const { algorithm = 'ed25519', senderId = SENDER_ID, keyId = 'key-1', created = NOW } = options;
  const { pair = pairOf(algorithm), expires = created + 300 } = options;
  return signHttpSignature(content, {
    senderId,
    keyId,
    algorithm,
    privateKey: pair.privateKey,
    created,
    expires,
  });
}

export function envelopeOf(signature: string, content: EnvelopeContent = contentOf()): Envelope {
  return parseEnvelope(printEnvelope(signature, content));
}

/** Mulberry32: the same numbers in [0, 1) for the same seed, so that a failure can be had again. */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const CHARACTERS = [...'aZ09 "\\/\b\n\t\u0000\u007fé\u2028\ud800\udfff\uffffአ', '😀', '__proto__'];
const NUMBERS = [
  '0',
  '-0',
  '7',
  '1.0',
  '1e3',
  '-2.50',
  '9007199254740993',
  '12345678901234567890123',
  '1e400',
  '5e-324',
];

/** A random object node, up to four levels deep. */
export function randomObject(random: () => number, level = 0): JsonObject {
  const members = new Map<string, JsonNode>();
  for (let n = pick(random, 5); n > 0; n--) members.set(randomText(random), randomNode(random, level));
  return members;
}

export function randomText(random: () => number): string {
  let text = '';
  for (let n = pick(random, 6); n > 0; n--) text += CHARACTERS[pick(random, CHARACTERS.length)];
  return text;
}

function randomNode(random: () => number, level: number): JsonNode {
  const kind = pick(random, level < 4 ? 6 : 4);
  if (kind === 0) return new JsonNumber(NUMBERS[pick(random, NUMBERS.length)] ?? '0');
  if (kind === 1) return [null, true, false][pick(random, 3)] ?? null;
  if (kind === 4) return Array.from({ length: pick(random, 4) }, () => randomNode(random, level + 1));
  return kind === 5 ? randomObject(random, level + 1) : randomText(random);
}

function pick(random: () => number, count: number): number {
  return Math.floor(random() * count);
}
