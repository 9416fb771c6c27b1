import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { keyFromJwk, type VerificationKey } from '../../src/dci/keys.ts';
import type { FetchJwksOptions } from '../../src/registry-keys/fetch.ts';
import { type Respond, serve } from '../server.ts';

export interface Pair {
  privateKey: KeyObject;
  jwk: Record<string, unknown>;
  key: VerificationKey;
}

/** A key pair, and its public part as it is in a set. */
export function pair(kid: string | undefined, alg: 'EdDSA' | 'RS256' | 'PS256' | 'ES256' = 'EdDSA'): Pair {
  const { publicKey, privateKey } = generate(alg);
  const jwk = { ...publicKey.export({ format: 'jwk' }), ...(kid === undefined ? {} : { kid }), alg };
  return { privateKey, jwk, key: keyFromJwk(jwk) };
}

function generate(alg: string): { publicKey: KeyObject; privateKey: KeyObject } {
  if (alg === 'EdDSA') return generateKeyPairSync('ed25519');
  if (alg === 'ES256') return generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return generateKeyPairSync('rsa', { modulusLength: 2048 });
}

/** A registry's key server. */
export interface KeyServer {
  url: string;
  /** How often it was asked. */
  asked: number;
  /** What it publishes, where the test sets no other answer. */
  keys: unknown[];
  headers: Record<string, string>;
  answer: Respond | null;
}

export async function keyServer(...keys: unknown[]): Promise<KeyServer> {
  const made: KeyServer = { url: '', asked: 0, keys, headers: {}, answer: null };
  const { url } = await serve((request, response) => {
    made.asked += 1;
    if (made.answer) {
      made.answer(request, response);
      return;
    }
    response.setHeader('content-type', 'application/json');
    for (const [name, value] of Object.entries(made.headers)) response.setHeader(name, value);
    response.end(JSON.stringify({ keys: made.keys }));
  });
  made.url = `${url}/.well-known/jwks.json`;
  return made;
}

export const MINUTE = 60_000;

export const FETCH: FetchJwksOptions = {
  allowHttp: true,
  allowPrivateAddresses: true,
  timeoutMs: 5000,
  minimumMs: MINUTE,
  defaultMs: 15 * MINUTE,
  maximumMs: 60 * MINUTE,
};
