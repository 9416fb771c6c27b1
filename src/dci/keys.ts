import { createPublicKey, hash, type JsonWebKey, type KeyObject } from 'node:crypto';
import { CodedError } from '../lib/coded-error.ts';
import { ALGORITHMS, type AlgorithmName, algorithmNamed, algorithmOfJoseName } from './algorithms.ts';
import { lacksLineBreaks, withLineBreaks } from './pem.ts';

/** A public key that verifies, and the one algorithm that it is used with. */
export interface VerificationKey {
  /** The `kid` of its JWK, or the thumbprint where the JWK has none; null for a key registered without a name (PEM). */
  kid: string | null;
  algorithm: AlgorithmName;
  keyObject: KeyObject;
  /** RFC 7638, SHA-256, base64url. */
  thumbprint: string;
}

export type KeyErrorCode =
  /** Neither PEM nor JWK that OpenSSL reads. */
  | 'key.unreadable'
  | 'key.private'
  | 'key.symmetric'
  /** A JWK that its owner set aside for something else than verifying (`use`, `key_ops`). */
  | 'key.use'
  /** An algorithm that we do not have, or that is not the key's. */
  | 'key.algorithm'
  /** An RSA key below 2048 bits, or one whose size or exponent no honest key has. */
  | 'key.size'
  /** Two different keys of a set with one kid. */
  | 'key.duplicate_kid';

/** A key that cannot be used. `message` says why and holds no key material. */
export class KeyError extends CodedError<KeyErrorCode> {
  override readonly name = 'KeyError';
}

const PUBLIC_PEM = /^\s*-----BEGIN (PUBLIC KEY|RSA PUBLIC KEY|CERTIFICATE)-----[^-]+-----END \1-----\s*$/;

/**
 * Imports a key that was registered as PEM: SPKI, PKCS#1, or a certificate (only its key is read: its dates and issuer
 * mean nothing here, trust comes from the registration).
 *
 * @throws {KeyError}
 */
export function keyFromPem(pem: string, algorithm: string): VerificationKey {
  const name = algorithmNamed(algorithm);
  if (name === null) throw new KeyError('key.algorithm', 'the algorithm of the key is not supported');
  if (pem.includes('PRIVATE KEY-----')) {
    throw new KeyError(
      'key.private',
      'this is a private key: register the public one, and replace this pair',
    );
  }
  const key = withLineBreaks(pem);
  if (!PUBLIC_PEM.test(key)) {
    if (lacksLineBreaks(pem)) throw withoutLineBreaks();
    throw new KeyError(
      'key.unreadable',
      'the key must be one PEM block: PUBLIC KEY, RSA PUBLIC KEY or CERTIFICATE',
    );
  }
  try {
    return verificationKey(importPublic({ key, format: 'pem' }), name, null);
  } catch (error) {
    if (!(error instanceof KeyError) || error.code !== 'key.unreadable' || !lacksLineBreaks(pem)) throw error;
    throw withoutLineBreaks();
  }
}

function withoutLineBreaks(): KeyError {
  return new KeyError(
    'key.unreadable',
    'the key cannot be read: its line breaks are missing, enter it with the lines that its file has',
  );
}

/**
 * Imports one public JWK (RFC 7517).
 *
 * Its algorithm is its `alg`. Without one: `algorithm` where the caller knows it, else what the curve says, and RS256
 * for RSA (a key has one algorithm, and this is DCI's for RSA).
 *
 * @throws {KeyError}
 */
export function keyFromJwk(jwk: unknown, algorithm?: AlgorithmName): VerificationKey {
  if (typeof jwk !== 'object' || jwk === null)
    throw new KeyError('key.unreadable', 'a JWK must be an object');
  const { kty, crv, alg, use, key_ops, kid } = jwk as Record<string, unknown>;
  if (kty === 'oct') throw new KeyError('key.symmetric', 'a symmetric key cannot verify a sender');
  if ('d' in jwk)
    throw new KeyError('key.private', 'this JWK has the private key: publish the public one only');
  if (use !== undefined && use !== 'sig')
    throw new KeyError('key.use', 'the JWK is not for signatures (use)');
  if (key_ops !== undefined && !(Array.isArray(key_ops) && key_ops.includes('verify'))) {
    throw new KeyError('key.use', 'the JWK is not for verifying (key_ops)');
  }
  const name = alg === undefined ? (algorithm ?? usualAlgorithm(kty, crv)) : algorithmOfJoseName(String(alg));
  if (name === null) throw new KeyError('key.algorithm', 'the algorithm of the JWK is not supported');
  if (kid !== undefined && (typeof kid !== 'string' || kid === '')) {
    throw new KeyError('key.unreadable', 'the kid of a JWK must be a string that is not empty');
  }
  const key = verificationKey(importPublic({ key: jwk as JsonWebKey, format: 'jwk' }), name, kid ?? null);
  return { ...key, kid: key.kid ?? key.thumbprint };
}

/** A key of a set that cannot be used, and why. */
export interface RefusedKey {
  kid: string | null;
  error: KeyError;
}

/**
 * Imports a JWKS. A key that cannot be used does not spoil the others, as RFC 7517 asks; two different keys under one
 * kid are both refused, because it is not clear which of them the sender means.
 *
 * @throws {KeyError} `key.unreadable` where it is no key set at all
 */
export function keysFromJwks(
  jwks: unknown,
  algorithm?: AlgorithmName,
): { keys: VerificationKey[]; refused: RefusedKey[] } {
  const list = typeof jwks === 'object' && jwks !== null ? (jwks as { keys?: unknown }).keys : undefined;
  if (!Array.isArray(list))
    throw new KeyError('key.unreadable', 'a JWKS must be an object with an array "keys"');
  const imported: VerificationKey[] = [];
  const refused: RefusedKey[] = [];
  for (const jwk of list) {
    try {
      imported.push(keyFromJwk(jwk, algorithm));
    } catch (error) {
      if (!(error instanceof KeyError)) throw error;
      refused.push({ kid: kidOf(jwk), error });
    }
  }
  const keys: VerificationKey[] = [];
  for (const key of imported) {
    if (imported.some((other) => other.kid === key.kid && other.thumbprint !== key.thumbprint)) {
      const error = new KeyError('key.duplicate_kid', 'another key of the set has the same kid');
      refused.push({ kid: key.kid, error });
    } else if (!keys.some((other) => other.kid === key.kid && other.algorithm === key.algorithm)) {
      keys.push(key);
    }
  }
  return { keys, refused };
}

/** Whether one of the names that a signature gives its key is this key's. A key without a kid answers to any name. */
export function answersTo(key: VerificationKey, names: readonly string[]): boolean {
  return key.kid === null || names.includes(key.kid) || names.includes(key.thumbprint);
}

const MIN_RSA_BITS = 2048;
/** Beyond these a verification costs so much that a key set could be used to stall the bridge. */
const MAX_RSA_BITS = 8192;
const MAX_RSA_EXPONENT = 2n ** 32n;

/**
 * Checks that a key, public or private, is of the algorithm's kind and strong enough.
 *
 * @throws {KeyError} `key.algorithm`, `key.size`
 */
export function assertKeyFits(key: KeyObject, name: AlgorithmName): void {
  const { keyType, curve } = ALGORITHMS[name];
  const details = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType !== keyType || (curve !== null && details.namedCurve !== curve)) {
    throw new KeyError('key.algorithm', `the key is not one for ${name}`);
  }
  if (keyType !== 'rsa') return;
  const { modulusLength = 0, publicExponent = 0n } = details;
  if (modulusLength < MIN_RSA_BITS || modulusLength > MAX_RSA_BITS) {
    throw new KeyError('key.size', `an RSA key must have ${MIN_RSA_BITS} to ${MAX_RSA_BITS} bits`);
  }
  // With an exponent of 1 everybody can sign.
  if (publicExponent < 3n || publicExponent > MAX_RSA_EXPONENT) {
    throw new KeyError('key.size', 'the public exponent of the RSA key is out of range');
  }
}

/** The RFC 7638 thumbprint of a public or private key: SHA-256, base64url. */
export function thumbprintOf(key: KeyObject): string {
  const { crv, e, kty, n, x, y } = key.export({ format: 'jwk' });
  // In the order that the RFC asks for; JSON leaves out the members that this kind of key does not have.
  return hash('sha256', JSON.stringify({ crv, e, kty, n, x, y }), 'base64url');
}

function importPublic(input: Parameters<typeof createPublicKey>[0]): KeyObject {
  try {
    return createPublicKey(input);
  } catch {
    throw new KeyError('key.unreadable', 'the key cannot be read');
  }
}

function verificationKey(
  keyObject: KeyObject,
  algorithm: AlgorithmName,
  kid: string | null,
): VerificationKey {
  assertKeyFits(keyObject, algorithm);
  return { kid, algorithm, keyObject, thumbprint: thumbprintOf(keyObject) };
}

function usualAlgorithm(kty: unknown, crv: unknown): AlgorithmName | null {
  if (kty === 'RSA') return 'rs256';
  if (kty === 'OKP' && crv === 'Ed25519') return 'ed25519';
  if (kty === 'EC' && crv === 'P-256') return 'es256';
  if (kty === 'EC' && crv === 'P-384') return 'es384';
  return null;
}

function kidOf(jwk: unknown): string | null {
  const kid = typeof jwk === 'object' && jwk !== null ? (jwk as { kid?: unknown }).kid : null;
  return typeof kid === 'string' ? kid : null;
}
