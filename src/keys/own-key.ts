import { createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { KeyError, thumbprintOf } from '../dci/keys.ts';
import { type KeyKind, kindOf } from './kinds.ts';

/** One of the bridge's own key pairs. */
export interface OwnKey {
  /** RFC 7638 thumbprint: SHA-256, base64url. */
  kid: string;
  kind: KeyKind;
  /** When it was made; milliseconds since the epoch. */
  createdAt: number;
  privateKey: KeyObject;
  /** The name of its file; null for one from the environment. */
  file: string | null;
}

/** One of our keys, or the place where it is kept, that cannot be used. `message` says how to fix it; no key material. */
export class OwnKeyError extends Error {
  override readonly name = 'OwnKeyError';
  readonly code = 'keys.unusable';
}

/** What others may see of a key: these members and no other, whatever a library exports. */
export interface PublicJwk {
  kty: string;
  crv?: string;
  n?: string;
  e?: string;
  x?: string;
  y?: string;
  use: string;
  alg: string;
  kid: string;
}

/** The public half, as it is published. */
export function publicJwkOf({ kid, kind, privateKey }: OwnKey): PublicJwk {
  const { kty, crv, n, e, x, y } = createPublicKey(privateKey).export({ format: 'jwk' });
  const given = Object.entries({ crv, n, e, x, y }).filter(([, value]) => value !== undefined);
  return { kty: String(kty), ...Object.fromEntries(given), use: kind.use, alg: kind.alg, kid };
}

/** A new key pair. @param now milliseconds since the epoch */
export function newKey(kind: KeyKind, bits: number, now: number): OwnKey {
  const privateKey = kind.generate(bits);
  return { kid: thumbprintOf(privateKey), kind, createdAt: now, privateKey, file: null };
}

/** The text of a key's file: a private JWK, with `iat`, when it was made, in seconds since the epoch. */
export function printKey({ kid, kind, createdAt, privateKey }: OwnKey): string {
  const jwk = privateKey.export({ format: 'jwk' });
  const full = { ...jwk, use: kind.use, alg: kind.alg, kid, iat: createdAt / 1000 };
  return `${JSON.stringify(full, null, 2)}\n`;
}

/**
 * Reads the text of a key's file.
 *
 * @param madeAt when it was made, for a key of another make that does not say so; milliseconds since the epoch
 * @throws {KeyError} that holds no key material
 */
export function readKey(text: string, file: string, madeAt: number): OwnKey {
  const jwk = parsed(text);
  const { use, iat } = jwk;
  if (use !== 'sig' && use !== 'enc') throw new KeyError('key.use', '"use" must be "sig" or "enc"');
  let privateKey: KeyObject;
  try {
    privateKey = createPrivateKey({ key: jwk as JsonWebKey, format: 'jwk' });
  } catch {
    throw new KeyError('key.unreadable', 'it is no private JWK');
  }
  const createdAt = typeof iat === 'number' && Number.isFinite(iat) ? Math.round(iat * 1000) : madeAt;
  return { kid: thumbprintOf(privateKey), kind: kindOf(use, privateKey), createdAt, privateKey, file };
}

function parsed(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new KeyError('key.unreadable', 'it is no JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new KeyError('key.unreadable', 'it is no JSON object');
  return value as Record<string, unknown>;
}
