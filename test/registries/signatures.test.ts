import { describe, expect, it } from 'vitest';
import { opencrvs } from '../../src/dci/client/dialect-opencrvs.ts';
import type { RequestSigner } from '../../src/dci/client/request.ts';
import { type JsonObject, parseJson } from '../../src/dci/json.ts';
import { keyFromPem } from '../../src/dci/keys.ts';
import type { Sender } from '../../src/dci/verify.ts';
import { pairOf, pemOf } from '../dci/support.ts';
import { REGISTRY_ID } from './stand-in.ts';
import { clientOf, errorOf, FakeTime, OUR_ID, standIn } from './support.ts';

const ours = (form: 'http' | 'jws'): RequestSigner => ({
  form,
  keyId: 'key-1',
  algorithm: 'ed25519',
  privateKey: pairOf('ed25519').privateKey,
});
const theirs = (form: 'http' | 'jws'): RequestSigner => ({
  form,
  keyId: 'key-9',
  algorithm: 'rs256',
  privateKey: pairOf('rs256').privateKey,
});
const senderOf = (senderId: string, algorithm: 'ed25519' | 'rs256'): Sender => ({
  senderId,
  keys: [keyFromPem(pemOf(pairOf(algorithm).publicKey), algorithm)],
});
const REGISTRY = senderOf(REGISTRY_ID, 'rs256');

describe.each(['http', 'jws'] as const)('in the %s form', (form) => {
  it('requests are signed with our key, each attempt again', async () => {
    const timing = new FakeTime();
    const registry = await standIn({ verifyWith: senderOf(OUR_ID, 'ed25519'), now: timing.now });
    const client = clientOf(registry, { signer: ours(form) }, { timing });
    registry.faults.push({ status: 429, headers: { 'retry-after': '29' } });
    await client.searchById('BRN', '1');
    expect(registry.problems).toEqual([]);
    expect(registry.received).toHaveLength(1);
  });

  it('answers are verified', async () => {
    const timing = new FakeTime();
    const registry = await standIn({ signer: theirs(form), now: timing.now });
    const client = clientOf(registry, { verifyWith: REGISTRY }, { timing });
    expect((await client.searchById('BRN', '1')).records).toEqual([]);
    const other = clientOf(registry, { verifyWith: senderOf(REGISTRY_ID, 'ed25519') }, { timing });
    expect((await errorOf(other.searchById('BRN', '1'))).code).toBe('registry.signature');
  });

  it('an OpenCRVS signs answers that name us', async () => {
    const timing = new FakeTime();
    const registry = await standIn({ dialect: 'opencrvs', signer: theirs(form), now: timing.now });
    const client = clientOf(registry, { dialect: opencrvs, verifyWith: REGISTRY }, { timing });
    expect((await client.searchById('BRN', '1')).records).toEqual([]);
  });
});

it('an answer that names us is not taken from a registry that names itself', async () => {
  const timing = new FakeTime();
  const registry = await standIn({ dialect: 'opencrvs', signer: theirs('jws'), now: timing.now });
  const client = clientOf(registry, { verifyWith: REGISTRY }, { timing });
  // The stand-in refuses nothing of this request: it is the answer that is wrong.
  registry.faults.length = 0;
  const criteria = { regType: 'ocrvs:registry_type:birth' };
  expect((await errorOf(client.searchById('BRN', '1', criteria))).code).toBe('registry.signature');
});

it('where the registry has keys, an unsigned answer is none', async () => {
  const registry = await standIn();
  const error = await errorOf(clientOf(registry, { verifyWith: REGISTRY }).searchById('BRN', '1'));
  expect(error).toMatchObject({ code: 'registry.signature' });
  expect(error.message).toContain('sign the message');
});

it('an old answer, signed as it is, does not answer a new question', async () => {
  const timing = new FakeTime();
  const registry = await standIn({ signer: theirs('jws'), now: timing.now });
  let old = '';
  const keeping = async (url: string, init: RequestInit) => {
    const response = await fetch(url, init);
    old = await response.text();
    return new Response(old);
  };
  await clientOf(registry, { verifyWith: REGISTRY }, { timing, fetch: keeping }).searchById('BRN', '1');
  registry.faults.push({ status: 200, body: old });
  const error = await errorOf(
    clientOf(registry, { verifyWith: REGISTRY }, { timing }).searchById('BRN', '1'),
  );
  expect(error.code).toBe('registry.answer');
});

describe('encrypted answers', () => {
  const sealed = { header: { is_msg_encrypted: true }, message: { ciphertext: 'x', header: {}, tag: 't' } };

  it('need a key', async () => {
    const registry = await standIn();
    registry.faults.push({ status: 200, body: sealed });
    expect((await errorOf(clientOf(registry).searchById('BRN', '1'))).code).toBe('registry.encrypted');
  });

  it('are opened where there is one', async () => {
    const registry = await standIn();
    registry.faults.push({ status: 200, body: sealed });
    const client = clientOf(registry, {
      decrypt: async (message) => {
        expect(message.get('ciphertext')).toBe('x');
        return parseJson(
          '{"search_response": [{"status": "succ", "data": {"reg_records": []}}]}',
        ) as JsonObject;
      },
    });
    expect((await client.searchById('BRN', '1')).records).toEqual([]);
  });
});
