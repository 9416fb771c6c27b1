import { hash, type KeyObject } from 'node:crypto';
import { ALGORITHMS, type AlgorithmName, makeSignature } from './algorithms.ts';
import { canonicalEnvelope, canonicalText } from './canonical.ts';
import { SIGNED_HEADERS, signedText } from './http-signature.ts';
import { type JsonNode, type JsonObject, parseJson } from './json.ts';
import { printJson } from './json-print.ts';
import { assertKeyFits } from './keys.ts';

/** What a signature is over. */
export interface EnvelopeContent {
  header: JsonObject;
  message: JsonObject;
}

export interface HttpSigner {
  senderId: string;
  keyId: string;
  algorithm: AlgorithmName;
  privateKey: KeyObject;
  /** Whole seconds since the epoch. */
  created: number;
  expires: number;
}

/** Printable ASCII without what ends a part of a kid or a quoted value. */
const KID_PART = /^[ !#-[\]-{}~]+$/;

/**
 * Signs in the HTTP-signature form, over the header as given; gives the envelope's `signature`.
 *
 * @throws {KeyError} where the key is not one for the algorithm
 * @throws {TypeError} where the sender id or the key id cannot be in a kid
 */
export async function signHttpSignature(content: EnvelopeContent, signer: HttpSigner): Promise<string> {
  const { senderId, keyId, algorithm, privateKey, created, expires } = signer;
  assertKeyFits(privateKey, algorithm);
  if (!KID_PART.test(senderId) || !KID_PART.test(keyId)) {
    throw new TypeError('sender id and key id must be printable ASCII without quotes, backslashes and bars');
  }
  const digest = hash('sha256', canonicalContent(content), 'base64');
  const signature = await makeSignature(algorithm, privateKey, signedText(created, expires, digest));
  return [
    'namespace="dci"',
    `kidId="${senderId}|${keyId}|${algorithm}"`,
    `algorithm="${algorithm}"`,
    `created="${created}"`,
    `expires="${expires}"`,
    `headers="${SIGNED_HEADERS}"`,
    `signature="${signature.toString('base64')}"`,
  ].join(', ');
}

export interface JwsSigner {
  algorithm: AlgorithmName;
  kid: string;
  privateKey: KeyObject;
  /** Leaves the payload out; what is signed is then the canonical text. */
  detached?: boolean;
}

/**
 * Signs as a compact JWS; gives the envelope's `signature`. The body must then have no other members than `header`,
 * `message` and `signature`.
 *
 * @throws {KeyError} where the key is not one for the algorithm
 */
export async function signJws(content: EnvelopeContent, signer: JwsSigner): Promise<string> {
  const { algorithm, kid, privateKey, detached = false } = signer;
  assertKeyFits(privateKey, algorithm);
  const header = base64url(JSON.stringify({ alg: ALGORITHMS[algorithm].joseNames[0], kid }));
  // With a payload, numbers go as given: the canonical text may round a fraction, and payload and body must be equal.
  const text = detached
    ? canonicalContent(content)
    : printJson(new Map<string, JsonNode>(Object.entries(content)), 0);
  const payload = base64url(text);
  const signature = await makeSignature(algorithm, privateKey, Buffer.from(`${header}.${payload}`, 'latin1'));
  return `${header}.${detached ? '' : payload}.${signature.toString('base64url')}`;
}

/**
 * The body of an envelope, on one line.
 *
 * @param signature null for an envelope without that member
 */
export function printEnvelope(signature: string | null, content: EnvelopeContent): string {
  const { header, message } = content;
  return printJson(
    new Map<string, JsonNode>([
      ...(signature === null ? [] : ([['signature', signature]] as const)),
      ['header', header],
      ['message', message],
    ]),
    0,
  );
}

/** The node of an ordinary value that `JSON.stringify` can print, so that it can be signed. */
export function nodeOf(value: unknown): JsonNode {
  return parseJson(JSON.stringify(value));
}

function canonicalContent({ header, message }: EnvelopeContent): string {
  return canonicalEnvelope(canonicalText(header), canonicalText(message));
}

function base64url(text: string): string {
  return Buffer.from(text).toString('base64url');
}
