import { createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { assertKeyFits, KeyError, thumbprintOf } from './keys.ts';
import { withLineBreaks } from './pem.ts';

/** The kinds of keys that messages are sealed to. */
const ENCRYPTION_KEY_KINDS = ['RSA', 'P-256', 'X25519'] as const;
export type EncryptionKeyKind = (typeof ENCRYPTION_KEY_KINDS)[number];

/**
 * How a message's key reaches us (JOSE `alg`, RFC 7518), and which keys each is for. Nothing weaker and nothing else:
 * no PKCS#1 v1.5 (a padding oracle), no OAEP with SHA-1, no shared secrets, no passwords.
 */
const ECDH_KINDS: readonly EncryptionKeyKind[] = ['P-256', 'X25519'];
const KEY_ALGORITHMS: ReadonlyMap<string, readonly EncryptionKeyKind[]> = new Map([
  ['RSA-OAEP-256', ['RSA'] as const],
  ['ECDH-ES', ECDH_KINDS],
  ['ECDH-ES+A128KW', ECDH_KINDS],
  ['ECDH-ES+A192KW', ECDH_KINDS],
  ['ECDH-ES+A256KW', ECDH_KINDS],
]);
export const KEY_ALGORITHM_NAMES: readonly string[] = [...KEY_ALGORITHMS.keys()];

/** What the message itself is encrypted with (JOSE `enc`); the first is the one that we choose. */
export const CONTENT_ALGORITHM_NAMES: readonly string[] = ['A256GCM', 'A128GCM'];

/** The `alg` that we publish, or choose, for a key of a kind. */
const USUAL_KEY_ALGORITHM: Readonly<Record<EncryptionKeyKind, string>> = {
  RSA: 'RSA-OAEP-256',
  'P-256': 'ECDH-ES+A256KW',
  X25519: 'ECDH-ES+A256KW',
};

/** The kinds of keys that a JOSE `alg` is for; null for one that is not taken. */
export function kindsFor(alg: string): readonly EncryptionKeyKind[] | null {
  return KEY_ALGORITHMS.get(alg) ?? null;
}

/** A private key that messages to us can be sealed to. */
export interface DecryptionKey {
  /** RFC 7638, SHA-256, base64url: the `kid` that it is published under. */
  kid: string;
  kind: EncryptionKeyKind;
  privateKey: KeyObject;
}

/**
 * Takes a private key for opening messages.
 *
 * @throws {KeyError} `key.algorithm` where it is of another kind, `key.size` for RSA below 2048 bits
 */
export function decryptionKey(privateKey: KeyObject): DecryptionKey {
  return { kid: thumbprintOf(privateKey), kind: encryptionKindOf(privateKey), privateKey };
}

/** A public key that we can seal a message to. */
export interface SealingKey {
  /** As published; null where its JWK has none. */
  kid: string | null;
  /** The `alg` of its JWK, or the usual one of its kind. */
  alg: string;
  kind: EncryptionKeyKind;
  publicKey: KeyObject;
}

/**
 * Imports a receiver's public JWK, to seal to it.
 *
 * @throws {KeyError}
 */
function sealingKeyFromJwk(jwk: unknown): SealingKey {
  if (typeof jwk !== 'object' || jwk === null)
    throw new KeyError('key.unreadable', 'a JWK must be an object');
  const { kty, use, alg, kid } = jwk as Record<string, unknown>;
  if (kty === 'oct') throw new KeyError('key.symmetric', 'a symmetric key cannot be sealed to');
  if ('d' in jwk) throw new KeyError('key.private', 'this JWK has the private key: give the public one');
  if (use !== undefined && use !== 'enc')
    throw new KeyError('key.use', 'the JWK is not for encryption (use)');
  let publicKey: KeyObject;
  try {
    publicKey = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
  } catch {
    throw new KeyError('key.unreadable', 'the key cannot be read');
  }
  const kind = encryptionKindOf(publicKey);
  const name = alg === undefined ? USUAL_KEY_ALGORITHM[kind] : String(alg);
  if (!kindsFor(name)?.includes(kind))
    throw new KeyError('key.algorithm', 'the algorithm of the JWK is not supported, or not one for its key');
  return { kid: typeof kid === 'string' && kid !== '' ? kid : null, alg: name, kind, publicKey };
}

/**
 * The first key of a JWKS, or the one JWK, that can be sealed to.
 *
 * @param alg the JOSE `alg` that it is to be for; its own where left out
 * @throws {KeyError} why none can
 */
export function sealingKeyFrom(content: unknown, alg?: string): SealingKey {
  const list = typeof content === 'object' && content !== null ? (content as { keys?: unknown }).keys : null;
  if (!Array.isArray(list)) return forAlgorithm(sealingKeyFromJwk(content), alg);
  let last = new KeyError('key.unreadable', 'the key set has no key');
  for (const jwk of list) {
    try {
      return forAlgorithm(sealingKeyFromJwk(jwk), alg);
    } catch (error) {
      if (!(error instanceof KeyError)) throw error;
      last = error;
    }
  }
  throw new KeyError(last.code, `no key of the set can be sealed to: ${last.message}`);
}

/** All ECDH-ES algorithms are for the same keys, whichever of them a JWK names. @throws {KeyError} */
function forAlgorithm(key: SealingKey, alg: string | undefined): SealingKey {
  if (alg === undefined) return key;
  if (kindsFor(alg)?.includes(key.kind)) return { ...key, alg };
  throw new KeyError(
    'key.algorithm',
    `the algorithm must be one of ${KEY_ALGORITHM_NAMES.join(', ')}, and one for the key`,
  );
}

/** @throws {KeyError} */
function encryptionKindOf(key: KeyObject): EncryptionKeyKind {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === 'x25519') return 'X25519';
  if (type === 'ec' && details?.namedCurve === 'prime256v1') return 'P-256';
  if (type !== 'rsa') throw new KeyError('key.algorithm', 'an encryption key must be RSA, P-256 or X25519');
  // The same bounds as for a key that signs.
  assertKeyFits(key, 'rs256');
  return 'RSA';
}

/** Reads a private key, PEM or JWK. @throws {KeyError} that holds no key material */
export function privateKeyFrom(text: string): KeyObject {
  try {
    if (!text.trimStart().startsWith('{')) return createPrivateKey(withLineBreaks(text));
    return createPrivateKey({ key: JSON.parse(text) as JsonWebKey, format: 'jwk' });
  } catch {
    throw new KeyError('key.unreadable', 'this is no private key in PEM or as a JWK');
  }
}
