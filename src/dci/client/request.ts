import { type KeyObject, randomUUID } from 'node:crypto';
import type { AlgorithmName } from '../algorithms.ts';
import type { JsonObject } from '../json.ts';
import { type EnvelopeContent, nodeOf, printEnvelope, signHttpSignature, signJws } from '../sign.ts';

/** Who asks whom; goes into every header. */
export interface Parties {
  /** Our `sender_id`, as the registry knows us. */
  senderId: string;
  /** Where its callbacks reach us; an OpenCRVS posts its asynchronous answers to exactly this address. */
  senderUri?: string | undefined;
  receiverId: string;
}

/** Our key. Without one requests go out unsigned. */
export interface RequestSigner {
  /** `http`: DCI's HTTP-signature form; `jws`: a compact JWS, as OpenCRVS wants it. */
  form: 'http' | 'jws';
  keyId: string;
  algorithm: AlgorithmName;
  privateKey: KeyObject;
}

export type RequestAction = 'search' | 'subscribe' | 'unsubscribe' | 'txn-status';

/** Seconds that a signature is good for: the request, and its way through a queue on the other side. */
const SIGNATURE_SECONDS = 300;

/**
 * A request envelope as the body of a POST: a new `message_id` each time, since registries refuse one that they have
 * seen. `meta` is an object, as the specification's schema asks.
 *
 * @param now milliseconds since the epoch
 * @param unsigned what a request without a key has for `signature`; null for no such member
 * @param messageId in the header and so in the registry's log
 * @throws {KeyError} where the key is not one for its algorithm
 */
export async function requestBody(
  action: RequestAction,
  message: Readonly<Record<string, unknown>>,
  parties: Parties,
  now: number,
  signer?: RequestSigner | undefined,
  unsigned: '' | null = '',
  messageId: string = randomUUID(),
): Promise<string> {
  const header = {
    version: '1.0.0',
    message_id: messageId,
    message_ts: new Date(now).toISOString(),
    action,
    sender_id: parties.senderId,
    ...(parties.senderUri ? { sender_uri: parties.senderUri } : {}),
    receiver_id: parties.receiverId,
    total_count: Array.isArray(message.search_request) ? message.search_request.length : 1,
    is_msg_encrypted: false,
    meta: {},
  };
  const content: EnvelopeContent = {
    header: nodeOf(header) as JsonObject,
    message: nodeOf(message) as JsonObject,
  };
  return printEnvelope(signer ? await signature(content, parties, signer, now) : unsigned, content);
}

function signature(
  content: EnvelopeContent,
  { senderId }: Parties,
  { form, keyId, algorithm, privateKey }: RequestSigner,
  now: number,
): Promise<string> {
  if (form === 'jws') return signJws(content, { algorithm, kid: keyId, privateKey });
  const created = Math.floor(now / 1000);
  const expires = created + SIGNATURE_SECONDS;
  return signHttpSignature(content, { senderId, keyId, algorithm, privateKey, created, expires });
}
