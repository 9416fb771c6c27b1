import { constants, type KeyObject, sign, verify } from 'node:crypto';
import { promisify } from 'node:util';

/** The signature algorithms by DCI's names, which are in kids and in OpenSPP's sender table. */
export const ALGORITHM_NAMES = ['ed25519', 'rs256', 'ps256', 'es256', 'es384'] as const;
export type AlgorithmName = (typeof ALGORITHM_NAMES)[number];

/** One row of the table: what it takes to use an algorithm, and which keys are its own. All are asymmetric. */
export interface SignatureAlgorithm {
  name: AlgorithmName;
  /** Its names in JOSE headers and JWKs (RFC 7518, RFC 8037, RFC 9864); the first is the one that we write. */
  joseNames: readonly string[];
  keyType: 'ed25519' | 'rsa' | 'ec';
  /** OpenSSL's name of the curve, for `ec`. */
  curve: string | null;
  /** Null where the algorithm hashes by itself. */
  digest: 'sha256' | 'sha384' | null;
  /** How node:crypto is to sign and verify; null where the key alone says it. */
  options: { padding?: number; saltLength?: number; dsaEncoding?: 'ieee-p1363' } | null;
}

export const ALGORITHMS: Readonly<Record<AlgorithmName, SignatureAlgorithm>> = {
  ed25519: {
    name: 'ed25519',
    joseNames: ['EdDSA', 'Ed25519'],
    keyType: 'ed25519',
    curve: null,
    digest: null,
    options: null,
  },
  rs256: {
    name: 'rs256',
    joseNames: ['RS256'],
    keyType: 'rsa',
    curve: null,
    digest: 'sha256',
    // PKCS #1 v1.5 is what node:crypto does with an RSA key.
    options: null,
  },
  ps256: {
    name: 'ps256',
    joseNames: ['PS256'],
    keyType: 'rsa',
    curve: null,
    digest: 'sha256',
    options: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
  },
  es256: {
    name: 'es256',
    joseNames: ['ES256'],
    keyType: 'ec',
    curve: 'prime256v1',
    digest: 'sha256',
    options: { dsaEncoding: 'ieee-p1363' },
  },
  es384: {
    name: 'es384',
    joseNames: ['ES384'],
    keyType: 'ec',
    curve: 'secp384r1',
    digest: 'sha384',
    options: { dsaEncoding: 'ieee-p1363' },
  },
};

const BY_NAME = new Map<string, AlgorithmName>(ALGORITHM_NAMES.map((name) => [name, name]));
const BY_JOSE_NAME = new Map<string, AlgorithmName>(
  ALGORITHM_NAMES.flatMap((name) => ALGORITHMS[name].joseNames.map((jose) => [jose, name])),
);

/** The algorithm of a DCI name, in any case; null for one that we do not have. */
export function algorithmNamed(name: string): AlgorithmName | null {
  return BY_NAME.get(name.toLowerCase()) ?? null;
}

/** The algorithm of a JOSE name, in its exact case (RFC 7515); null for `none`, `HS256` and all others not in the table. */
export function algorithmOfJoseName(name: string): AlgorithmName | null {
  return BY_JOSE_NAME.get(name) ?? null;
}

const verifyInPool = promisify(verify);
const signInPool = promisify(sign);

/** Verifies on the thread pool. False also where OpenSSL cannot make sense of the signature. */
export async function verifySignature(
  name: AlgorithmName,
  publicKey: KeyObject,
  data: Buffer,
  signature: Buffer,
): Promise<boolean> {
  try {
    return await verifyInPool(ALGORITHMS[name].digest, data, keyFor(name, publicKey), signature);
  } catch {
    return false;
  }
}

/** Signs on the thread pool. */
export function makeSignature(name: AlgorithmName, privateKey: KeyObject, data: Buffer): Promise<Buffer> {
  return signInPool(ALGORITHMS[name].digest, data, keyFor(name, privateKey));
}

/**
 * A key with what the algorithm needs beside it. The key itself where that is nothing: Node finds out that an object is no
 * key by an error that it throws and catches, 12 µs each time.
 */
function keyFor(name: AlgorithmName, key: KeyObject) {
  const { options } = ALGORITHMS[name];
  return options === null ? key : { key, ...options };
}
