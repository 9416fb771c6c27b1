import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { assertKeyFits, KeyError } from '../dci/keys.ts';

/** What one of our keys is for (RFC 7517, `use`): one key never does both. */
export type KeyUse = 'sig' | 'enc';

/** A kind of key pair that the bridge can have. */
export interface KeyKind {
  /** What `keys generate --algorithm` calls it. */
  name: string;
  use: KeyUse;
  /** The JOSE `alg` that it is published with. */
  alg: string;
  /** Whether `--bits` means something. */
  isRsa: boolean;
  /** Whether a private or public key is of this kind. */
  fits(key: KeyObject): boolean;
  generate(bits: number): KeyObject;
}

const isRsa = (key: KeyObject) => key.asymmetricKeyType === 'rsa';
const isP256 = (key: KeyObject) => key.asymmetricKeyDetails?.namedCurve === 'prime256v1';
const newRsa = (modulusLength: number) => generateKeyPairSync('rsa', { modulusLength }).privateKey;
const newP256 = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

/** The first of each use is the one that is made where none is named. */
export const KEY_KINDS: readonly KeyKind[] = [
  {
    name: 'ed25519',
    use: 'sig',
    alg: 'EdDSA',
    isRsa: false,
    fits: (key) => key.asymmetricKeyType === 'ed25519',
    generate: () => generateKeyPairSync('ed25519').privateKey,
  },
  { name: 'rs256', use: 'sig', alg: 'RS256', isRsa: true, fits: isRsa, generate: newRsa },
  { name: 'es256', use: 'sig', alg: 'ES256', isRsa: false, fits: isP256, generate: newP256 },
  { name: 'rsa-oaep-256', use: 'enc', alg: 'RSA-OAEP-256', isRsa: true, fits: isRsa, generate: newRsa },
  // All four ECDH-ES algorithms are taken for a key on a curve; a JWK can name only one.
  { name: 'ecdh-es-p256', use: 'enc', alg: 'ECDH-ES+A256KW', isRsa: false, fits: isP256, generate: newP256 },
  {
    name: 'ecdh-es-x25519',
    use: 'enc',
    alg: 'ECDH-ES+A256KW',
    isRsa: false,
    fits: (key) => key.asymmetricKeyType === 'x25519',
    generate: () => generateKeyPairSync('x25519').privateKey,
  },
];

/**
 * The kind of a key that is for `use`.
 *
 * @throws {KeyError} where there is none, or an RSA key is too small
 */
export function kindOf(use: KeyUse, key: KeyObject): KeyKind {
  const kind = KEY_KINDS.find((one) => one.use === use && one.fits(key));
  if (!kind) {
    const wanted = use === 'sig' ? 'Ed25519, RSA or P-256, to sign' : 'RSA, P-256 or X25519, to encrypt';
    throw new KeyError('key.algorithm', `it must be ${wanted}`);
  }
  if (kind.isRsa) assertKeyFits(key, 'rs256');
  return kind;
}
