import { flattenedDecrypt } from 'jose';
import { decodeBase64 } from './base64.ts';
import { CONTENT_ALGORITHM_NAMES, type DecryptionKey, KEY_ALGORITHM_NAMES, kindsFor } from './encryption.ts';
import { DciError } from './errors.ts';
import { isJsonObject, type JsonNode, type JsonObject, JsonSyntaxError, parseJson } from './json.ts';
import { toPlain } from './json-plain.ts';

export interface OpenOptions {
  /** The largest plaintext in bytes; 16 MiB where left out. A body has a bound of its own. */
  maxBytes?: number;
}

const MAX_BYTES = 16 * 1024 * 1024;

/** Whether a message has the look of a JWE in its JSON serialization; no dialect has a member of that name. */
export function looksSealed(message: JsonObject): boolean {
  return typeof message.get('ciphertext') === 'string';
}

/**
 * Opens a message that is a flattened JWE (RFC 7516, 7.2.2), its JOSE header in `header`, `protected` or `unprotected`,
 * or part here and part there.
 *
 * The header is read by our own parser before jose sees it: JSON.parse keeps the last of two equal keys. What has no
 * bearing on the secret is refused by name (the shape, the algorithm, a `kid` that is not published); from there on
 * every failure is the same, whether a key did not fit, the content's key was garbled, or anything was changed: who
 * sends guesses learns nothing from the answers.
 *
 * @returns the text that was sealed, and the kid of the key that it was sealed to
 * @throws {DciError} `err.encryption.invalid`
 */
export async function openJwe(
  message: JsonObject,
  keys: readonly DecryptionKey[],
  { maxBytes = MAX_BYTES }: OpenOptions = {},
): Promise<{ text: string; kid: string }> {
  const header = joseHeader(message);
  const candidates = candidatesFor(header, keys);
  checkLengths(message, maxBytes);
  const jwe = {
    header: header.loose,
    ...optional('protected', message.get('protected')),
    ...optional('aad', message.get('aad')),
    // RFC 7516 leaves out what is empty; some send it as "" or null.
    ...optional('encrypted_key', message.get('encrypted_key')),
    iv: message.get('iv') as string,
    ciphertext: message.get('ciphertext') as string,
    tag: message.get('tag') as string,
  };
  for (const { kid, privateKey } of candidates) {
    const plaintext = await flattenedDecrypt(jwe, privateKey, {
      keyManagementAlgorithms: [...KEY_ALGORITHM_NAMES],
      contentEncryptionAlgorithms: [...CONTENT_ALGORITHM_NAMES],
    }).then(
      (opened) => opened.plaintext,
      () => null,
    );
    if (plaintext !== null) return { text: textOf(plaintext), kid };
  }
  throw bad(
    'message',
    'cannot be opened: it is sealed to another key, or was changed since; seal it again to a key that is published',
  );
}

interface JoseHeader {
  alg: { value: string; field: string };
  kid: { value: string; field: string } | null;
  /** The members that are not in `protected`, as jose takes them. */
  loose: Record<string, unknown>;
}

/** @throws {DciError} */
function joseHeader(message: JsonObject): JoseHeader {
  if (message.has('recipients')) {
    throw bad('message.recipients', 'send a flattened JWE, which has one recipient and no such member');
  }
  const members = new Map<string, { node: JsonNode; field: string }>();
  const loose: Record<string, unknown> = {};
  for (const [place, part] of [
    ['message.protected', protectedHeader(message)],
    ['message.header', looseHeader(message, 'header')],
    ['message.unprotected', looseHeader(message, 'unprotected')],
  ] as const) {
    for (const [name, node] of part) {
      if (members.has(name)) throw bad(place, 'a header parameter is in two places; send each once');
      members.set(name, { node, field: `${place}.${name}` });
      if (place !== 'message.protected') loose[name] = ordinary(node);
    }
  }
  for (const name of ['zip', 'crit']) {
    const found = members.get(name);
    if (found) throw bad(found.field, 'not supported; leave it out');
  }
  const alg = textMember(members, 'alg', KEY_ALGORITHM_NAMES);
  textMember(members, 'enc', CONTENT_ALGORITHM_NAMES);
  const kid = members.get('kid');
  if (kid && typeof kid.node !== 'string') throw bad(kid.field, 'expected a string');
  return {
    alg,
    kid: kid ? { value: kid.node as string, field: kid.field } : null,
    loose,
  };
}

function textMember(
  members: ReadonlyMap<string, { node: JsonNode; field: string }>,
  name: 'alg' | 'enc',
  known: readonly string[],
): { value: string; field: string } {
  const { node, field } = members.get(name) ?? { node: null, field: `message.header.${name}` };
  if (typeof node !== 'string' || !known.includes(node))
    throw bad(field, `expected one of ${known.join(', ')}`);
  return { value: node, field };
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function protectedHeader(message: JsonObject): JsonObject {
  const sent = message.get('protected') ?? '';
  if (sent === '') return new Map();
  const bytes = typeof sent === 'string' ? decodeBase64(sent, 'base64url') : null;
  try {
    const node = bytes && parseJson(utf8.decode(bytes));
    if (node && isJsonObject(node)) return node;
  } catch (error) {
    if (!(error instanceof JsonSyntaxError || error instanceof TypeError)) throw error;
  }
  throw bad('message.protected', 'expected the base64url of a JSON object, each key once');
}

function looseHeader(message: JsonObject, name: 'header' | 'unprotected'): JsonObject {
  const sent = message.get(name) ?? null;
  if (sent === null) return new Map();
  if (isJsonObject(sent)) return sent;
  throw bad(`message.${name}`, 'expected an object, the JOSE header');
}

/** jose asks for ordinary objects; `toPlain` makes them without a prototype. */
function ordinary(node: JsonNode): unknown {
  const plain = toPlain(node);
  return typeof plain === 'object' && plain !== null && !Array.isArray(plain) ? { ...plain } : plain;
}

/** The keys that a message may be sealed to. @throws {DciError} where none can be meant */
function candidatesFor({ alg, kid }: JoseHeader, keys: readonly DecryptionKey[]): DecryptionKey[] {
  const named = kid === null ? keys : keys.filter((key) => key.kid === kid.value);
  if (kid !== null && named.length === 0) {
    throw bad(kid.field, 'names no key that this service publishes now; fetch its key set and seal it again');
  }
  const kinds = kindsFor(alg.value) ?? [];
  const fitting = named.filter(({ kind }) => kinds.includes(kind));
  if (fitting.length === 0) {
    throw bad(alg.field, 'no key that this service publishes is for this algorithm; take a key and its alg');
  }
  return fitting;
}

/** AES-GCM as JOSE has it: 96 bits of `iv`, 128 of `tag`; the plaintext is as long as the ciphertext. */
function checkLengths(message: JsonObject, maxBytes: number): void {
  const iv = bytesOf(message, 'iv');
  const tag = bytesOf(message, 'tag');
  if (iv.length !== 12) throw bad('message.iv', 'must be 12 bytes');
  if (tag.length !== 16) throw bad('message.tag', 'must be 16 bytes');
  const ciphertext = bytesOf(message, 'ciphertext');
  if (ciphertext.length > maxBytes) {
    throw bad('message.ciphertext', `is larger than ${maxBytes} bytes; send fewer records a message`);
  }
  for (const name of ['encrypted_key', 'aad']) {
    if ((message.get(name) ?? null) !== null) bytesOf(message, name);
  }
}

function bytesOf(message: JsonObject, name: string): Buffer {
  const sent = message.get(name);
  const bytes = typeof sent === 'string' ? decodeBase64(sent, 'base64url') : null;
  if (bytes) return bytes;
  const problem = sent === undefined ? 'missing; a sealed message is a flattened JWE: expected' : 'expected';
  throw bad(`message.${name}`, `${problem} base64url without padding`);
}

function optional<Name extends string>(
  name: Name,
  node: JsonNode | undefined,
): { [key in Name]?: string } | Record<string, never> {
  return typeof node === 'string' && node !== '' ? ({ [name]: node } as { [key in Name]?: string }) : {};
}

function textOf(plaintext: Uint8Array): string {
  try {
    return utf8.decode(plaintext);
  } catch {
    throw bad('message', 'what was sealed must be JSON in UTF-8');
  }
}

function bad(field: string, problem: string): DciError {
  return new DciError('err.encryption.invalid', field, `${field}: ${problem}`);
}
