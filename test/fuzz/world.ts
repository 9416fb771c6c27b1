import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type DecryptionKey, decryptionKey } from '../../src/dci/encryption.ts';
import { keyFromPem, keysFromJwks, thumbprintOf } from '../../src/dci/keys.ts';
import { NO_LIMITS } from '../../src/senders/limits.ts';
import type { TrustedSender } from '../../src/senders/trusted-sender.ts';
import type { KnownKey } from './oracle/confirm.ts';
import { Obj, readTree } from './oracle/tree.ts';
import { rsaThumbprint } from './rsa-thumbprint.ts';

/** The bridge's clock: seconds since the epoch, 2025-11-24 16:00 UTC. */
export const NOW = 1_764_000_000;

/** What is in every name and identifier of a seed, and must not come back or be logged. */
export const PRIVATE = 'PRIVATE';

export const ALGORITHMS = ['ed25519', 'rs256', 'ps256', 'es256', 'es384'] as const;
type Algorithm = (typeof ALGORITHMS)[number];

/** Somebody who signs: a sender with one of its keys, or a stranger. */
export interface Signer extends KnownKey {
  senderId: string;
  privateKey: KeyObject;
}

/** The registries of a run, and their keys, new ones each time: a finding holds the public ones. */
export interface World {
  /** Everybody whose messages are to be accepted. */
  signers: Signer[];
  /** Somebody nobody knows. */
  stranger: Signer;
  senders: ReadonlyMap<string, TrustedSender>;
  known: ReadonlyMap<string, readonly KnownKey[]>;
  /** The bridge's own key that messages are sealed to, and the same as it opens them. */
  sealTo: { kid: string; publicKey: KeyObject };
  opening: DecryptionKey[];
}

/** What is signed and then mutated. */
export interface Seed {
  header: Obj;
  message: Obj;
}

/** The messages to begin with: `seeds.json`. */
export const SEEDS: readonly Seed[] = (
  readTree(readFileSync(new URL('seeds.json', import.meta.url), 'utf8')) as Obj[]
).map((seed) => ({ header: objectIn(seed, 'header'), message: objectIn(seed, 'message') }));

/** One registry for each algorithm with a key in OpenSPP's registry, and one with all of them in a JWKS. */
export function makeWorld(): World {
  const pairs = () => ALGORITHMS.map((algorithm) => ({ algorithm, privateKey: PAIRS[algorithm]() }));
  const registered = pairs().map(({ algorithm, privateKey }) =>
    signer(`crvs.${algorithm}`, null, algorithm, privateKey),
  );
  const published = pairs().map(({ algorithm, privateKey }, i) => {
    const one = signer('crvs.jwks', `kid-${algorithm}`, algorithm, privateKey);
    // The three ways that a JWKS names its keys.
    if (i % 3 === 1) return { ...one, kid: `crvs.jwks|key-1|${algorithm}` };
    return i % 3 === 2 ? { ...one, kid: one.thumbprint } : one;
  });
  const signers = [...registered, ...published];
  const senders = registered.map(({ senderId, algorithm, publicKey }) =>
    trusted(senderId, [keyFromPem(publicKey.export({ type: 'spki', format: 'pem' }).toString(), algorithm)]),
  );
  const jwks = {
    keys: published.map(({ kid, algorithm, publicKey }) => ({
      ...publicKey.export({ format: 'jwk' }),
      kid,
      alg: { ed25519: 'EdDSA' }[algorithm as string] ?? algorithm.toUpperCase(),
    })),
  };
  const all = [...senders, trusted('crvs.jwks', keysFromJwks(jwks).keys)];
  const own = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return {
    sealTo: { kid: rsaThumbprint(own.publicKey.export({ format: 'jwk' })), publicKey: own.publicKey },
    opening: [decryptionKey(own.privateKey)],
    signers,
    stranger: signer('crvs.stranger', null, 'ed25519', PAIRS.ed25519()),
    senders: new Map(all.map((sender) => [sender.senderId, sender])),
    known: Map.groupBy(signers, ({ senderId }) => senderId),
  };
}

const PAIRS: Record<Algorithm, () => KeyObject> = {
  ed25519: () => generateKeyPairSync('ed25519').privateKey,
  rs256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
  ps256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
  es256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  es384: () => generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey,
};

function signer(senderId: string, kid: string | null, algorithm: string, privateKey: KeyObject): Signer {
  const publicKey = createPublicKey(createPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' })));
  return { senderId, kid, algorithm, privateKey, publicKey, thumbprint: thumbprintOf(publicKey) };
}

function trusted(senderId: string, keys: TrustedSender['keys']): TrustedSender {
  return {
    senderId,
    name: senderId,
    keys,
    jwksUrl: null,
    fetchedKeys: [],
    limits: NO_LIMITS,
    rate: null,
    problem: null,
  };
}

function objectIn(seed: Obj, name: string): Obj {
  const tree = seed.get(name);
  if (!(tree instanceof Obj)) throw new TypeError('a seed has a header and a message');
  return tree;
}
