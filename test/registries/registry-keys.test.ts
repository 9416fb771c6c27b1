import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { expect, it, onTestFinished } from 'vitest';
import { loadSettings } from '../../src/config/load.ts';
import type { RequestSigner } from '../../src/dci/client/request.ts';
import { thumbprintOf } from '../../src/dci/keys.ts';
import { createLog } from '../../src/log.ts';
import { Registries } from '../../src/registries/registries.ts';
import type { SourceSettings } from '../../src/registries/source.ts';
import { registryKeyring } from '../../src/registry-keys/keyring.ts';
import { trustedSender } from '../../src/senders/trusted-sender.ts';
import { serve } from '../server.ts';
import { REGISTRY_ID } from './stand-in.ts';
import { OUR_ID, standIn } from './support.ts';

const newKey = () => generateKeyPairSync('ed25519');
type Pair = ReturnType<typeof newKey>;

/** A registry that signs with what `signer` has at the moment, and publishes what `published` has. */
async function world(over: SourceSettings = {}) {
  const signer: RequestSigner = {
    form: 'http',
    keyId: '',
    algorithm: 'ed25519',
    privateKey: null as unknown as KeyObject,
  };
  const published: object[] = [];
  const keys = await serve((_request, response) => response.end(JSON.stringify({ keys: published })));
  const rotate = (pair: Pair) => {
    Object.assign(signer, { keyId: thumbprintOf(pair.publicKey), privateKey: pair.privateKey });
    published.splice(0, 1, {
      ...pair.publicKey.export({ format: 'jwk' }),
      kid: signer.keyId,
      use: 'sig',
      alg: 'EdDSA',
    });
  };
  const registry = await standIn({ signer });
  const source: SourceSettings = {
    baseUrl: registry.url,
    authType: 'none',
    senderId: OUR_ID,
    receiverId: REGISTRY_ID,
    attempts: 1,
    ...over,
  };
  const reading = (senders: Parameters<typeof registryKeyring>[1]['senders'] = null, jwksUrl = true) => {
    const one = { ...source, ...(jwksUrl ? { registryJwksUrl: `${keys.url}/jwks.json` } : {}) };
    const jwks = { ...loadSettings({}).jwks, allowHttp: true, allowPrivateAddresses: true };
    const urls = new Map(jwksUrl ? [['crvs_main', `${keys.url}/jwks.json`]] : []);
    const documents = { getDocument: async () => null, putDocument: async () => {} };
    const deps = { documents, senders, log: createLog('silent'), clock: Date.now };
    const ring = registryKeyring({ jwks, urls }, deps);
    onTestFinished(() => ring.stop());
    return new Registries(new Map([['crvs_main', one]]), null, { keysOf: ring.keysOf });
  };
  return { reading, rotate, published, fetches: () => keys.seen.length };
}

const ask = async (registries: Registries) => (await (await registries.crvs()).checkDeath('UIN', '1')).kind;
const failure = async (registries: Registries) => (await registries.crvs()).checkDeath('UIN', '1');

it('a registry’s keys come from its JWKS URL, once, and again for a key that is not known', async () => {
  const { reading, rotate, fetches } = await world();
  const registries = reading();
  rotate(newKey());
  expect(await ask(registries)).toBe('no');
  expect(await ask(registries)).toBe('no');
  expect(fetches()).toBe(1);
  rotate(newKey());
  expect(await ask(registries)).toBe('no');
  expect(fetches()).toBe(2);
  // Within the cool-down another unknown key fetches nothing.
  rotate(newKey());
  expect(await failure(registries)).toMatchObject({ reason: 'unreadable', code: 'registry.signature' });
  expect(fetches()).toBe(2);
});

it('without keys no answer is taken, unless the source says so', async () => {
  const { reading, published, rotate } = await world();
  rotate(newKey());
  published.splice(0);
  const error = await failure(reading());
  expect(error).toMatchObject({
    code: 'registry.signature',
    detail: expect.stringContaining('jwks.no_keys'),
  });
  const careless = await world({ verifyAnswers: false });
  careless.rotate(newKey());
  expect(await ask(careless.reading())).toBe('no');
  expect(careless.fetches()).toBe(0);
});

it('a registry that is a sender of OpenSPP signs its answers with that sender’s keys', async () => {
  const { reading, rotate } = await world({ registrySenderId: REGISTRY_ID });
  const pair = newKey();
  rotate(pair);
  const row = {
    senderId: REGISTRY_ID,
    name: 'CRVS',
    algorithm: 'ed25519',
    publicKey: String(pair.publicKey.export({ type: 'spki', format: 'pem' })),
    jwksUrl: null,
  };
  const senders = { find: () => trustedSender(row), fetchForUnknownKey: async () => false };
  const registries = reading(senders, false);
  expect(await ask(registries)).toBe('no');
  rotate(newKey());
  expect(await failure(registries)).toMatchObject({ reason: 'unreadable', code: 'registry.signature' });
  const unregistered = { ...senders, find: () => undefined };
  const unverified = [reading(unregistered, false), reading(null, false)];
  for (const without of unverified) {
    expect(await failure(without)).toMatchObject({
      kind: 'not_known',
      code: 'registry.signature',
      detail: expect.stringContaining('sources.crvs_main.registry_sender_id cannot be verified with'),
    });
  }
  const careless = await world({ registrySenderId: REGISTRY_ID, verifyAnswers: false });
  careless.rotate(newKey());
  expect(await ask(careless.reading(null, false))).toBe('no');
});
