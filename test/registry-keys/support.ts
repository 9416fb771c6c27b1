import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { keyFromJwk, type VerificationKey } from '../../src/dci/keys.ts';
import type { FetchJwksOptions } from '../../src/registry-keys/fetch.ts';

export interface Pair {
  privateKey: KeyObject;
  jwk: Record<string, unknown>;
  key: VerificationKey;
}

/** A key pair, and its public part as it stands in a set. */
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

/** A registry's key server on 127.0.0.1. */
export interface KeyServer {
  url: string;
  /** How often it was asked. */
  asked: number;
  /** What it publishes, where it is not told to answer otherwise. */
  keys: unknown[];
  headers: Record<string, string>;
  answer: ((request: IncomingMessage, response: ServerResponse) => void) | null;
}

export async function keyServer(...keys: unknown[]): Promise<KeyServer> {
  const made: KeyServer = { url: '', asked: 0, keys, headers: {}, answer: null };
  const url = await served((request, response) => {
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

/** Serves until the test is over; gives the origin. */
export async function served(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
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
