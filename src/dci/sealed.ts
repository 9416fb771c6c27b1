import { FlattenedEncrypt, type FlattenedJWE } from 'jose';
import type { DecryptionKey, SealingKey } from './encryption.ts';
import { CONTENT_ALGORITHM_NAMES } from './encryption.ts';
import { Envelope } from './envelope.ts';
import { DciError } from './errors.ts';
import { isJsonObject, type JsonNode, type JsonObject, JsonSyntaxError, parseJson } from './json.ts';
import { printJson } from './json-print.ts';
import { looksSealed, openJwe } from './jwe.ts';

/** What an opened message is kept under: one level deeper than it was sealed, so it may be one level less deep. */
const MAX_DEPTH = 99;

/**
 * The envelope with its message in plain: itself where nothing was sealed, else one whose `message` is what the JWE
 * held, and whose `root` keeps the JWE as `sealed_message`, beside the signature that covers it. The header stays as
 * sent. Verify the signature before: it covers the envelope as sent.
 *
 * @throws {DciError} `err.encryption.invalid`
 */
export async function openEnvelope(envelope: Envelope, keys: readonly DecryptionKey[]): Promise<Envelope> {
  const { header, headerNode, message, signature } = envelope;
  if (!header.isMsgEncrypted) {
    if (!looksSealed(message)) return envelope;
    throw bad('header.is_msg_encrypted', 'must be true where message is a JWE');
  }
  if (keys.length === 0) {
    throw bad(
      'header.is_msg_encrypted',
      'this service has published no encryption key; send the message unencrypted',
    );
  }
  if (!looksSealed(message)) {
    throw bad(
      'message',
      'must be a flattened JWE where header.is_msg_encrypted is true; seal it, or send false',
    );
  }
  const opened = messageOf((await openJwe(message, keys)).text);
  const root = new Map<string, JsonNode>([
    ['signature', signature],
    ['header', headerNode],
    ['message', opened],
    ['sealed_message', message],
  ]);
  return new Envelope({ signature, header, headerNode, message: opened, root });
}

/**
 * Opens a sealed message that is alone.
 *
 * @throws {DciError} `err.encryption.invalid`
 */
export async function openMessage(sealed: JsonObject, keys: readonly DecryptionKey[]): Promise<JsonObject> {
  return messageOf((await openJwe(sealed, keys)).text);
}

function messageOf(text: string): JsonObject {
  try {
    const node = parseJson(text, { maxDepth: MAX_DEPTH });
    if (isJsonObject(node)) return node;
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    throw bad('message', `what was sealed cannot be read: ${error.message}`);
  }
  throw bad('message', 'what was sealed must be a JSON object, the message');
}

export interface SealOptions {
  /** JOSE `alg`; the key's own where left out. */
  alg?: string | undefined;
  /** JOSE `enc`; A256GCM where left out. */
  enc?: string | undefined;
}

/**
 * Seals a message to a receiver's key: the flattened JWE that goes into `message` of an envelope whose header says
 * `is_msg_encrypted`. Sign after it. The JOSE header is in `protected`, so that it is under the tag too.
 */
export async function sealMessage(
  message: JsonObject,
  key: SealingKey,
  { alg = key.alg, enc = CONTENT_ALGORITHM_NAMES[0] as string }: SealOptions = {},
): Promise<JsonObject> {
  const sealed: FlattenedJWE = await new FlattenedEncrypt(Buffer.from(printJson(message, 0)))
    .setProtectedHeader({ alg, enc, ...(key.kid === null ? {} : { kid: key.kid }) })
    .encrypt(key.publicKey);
  return parseJson(JSON.stringify(sealed)) as JsonObject;
}

function bad(field: string, problem: string): DciError {
  return new DciError('err.encryption.invalid', field, `${field}: ${problem}`);
}
