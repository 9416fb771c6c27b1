import { generateKeyPairSync } from 'node:crypto';
import { expect, it } from 'vitest';
import { ownKeyPorts } from '../../src/composition/own-signer.ts';
import { sealingKeyFrom } from '../../src/dci/encryption.ts';
import type { JsonObject } from '../../src/dci/json.ts';
import { keysFromJwks } from '../../src/dci/keys.ts';
import { sealMessage } from '../../src/dci/sealed.ts';
import { nodeOf } from '../../src/dci/sign.ts';
import { OwnKeys } from '../../src/keys/own-keys.ts';
import { Registries } from '../../src/registries/registries.ts';
import type { SourceSettings } from '../../src/registries/source.ts';
import { errorOf, FakeTime, OUR_ID, standIn } from './support.ts';

const pem = (key: ReturnType<typeof generateKeyPairSync>['privateKey']) =>
  String(key.export({ type: 'pkcs8', format: 'pem' }));
const keysWith = (signing: string | null, encryption: string | null = null) =>
  new OwnKeys({
    directory: null,
    signingKey: signing,
    encryptionKey: encryption,
    overlapMs: 1,
    refreshMs: 1,
  });

const asking = (baseUrl: string, own: () => OwnKeys, over: SourceSettings = {}, timing = new FakeTime()) => {
  const source = { baseUrl, authType: 'none', senderId: OUR_ID, attempts: 1, ...over } as const;
  const ports = {
    timing,
    ownSigner: () => ownKeyPorts(own()).ownSigner(),
    decrypt: (sealed: JsonObject) => ownKeyPorts(own()).decrypt(sealed),
  };
  return new Registries(new Map([['crvs_main', source]]), null, ports).client('crvs_main');
};

it.each(['http', 'jws'] as const)(
  'requests are signed with the key that is published, after a rotation too (%s)',
  async (signatureForm) => {
    let own = keysWith(pem(generateKeyPairSync('ed25519').privateKey));
    const timing = new FakeTime();
    const verifyWith = {
      senderId: OUR_ID,
      get keys() {
        return keysFromJwks(JSON.parse(own.publishedKeys())).keys;
      },
    };
    const registry = await standIn({ verifyWith, now: timing.now });
    const client = await asking(registry.url, () => own, { signatureForm }, timing);
    await client.searchById('BRN', '1');
    own = keysWith(pem(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey));
    await client.searchById('BRN', '1');
    expect(registry.problems).toEqual([]);
    const [first, second] = registry.received.map(({ body }) => String(body.signature));
    expect(first?.startsWith('namespace')).toBe(signatureForm === 'http');
    expect(first).not.toBe(second);
  },
);

it('requests are not signed where there is no key, or the source says so', async () => {
  const registry = await standIn();
  await (await asking(registry.url, () => keysWith(null))).searchById('BRN', '1');
  const own = keysWith(pem(generateKeyPairSync('ed25519').privateKey));
  await (await asking(registry.url, () => own, { signRequests: false })).searchById('BRN', '1');
  expect(registry.received.map(({ body }) => body.signature)).toEqual(['', '']);
});

it('sealed answers are opened with our own key, and no other', async () => {
  const own = keysWith(null, pem(generateKeyPairSync('x25519').privateKey));
  const registry = await standIn();
  const plain = nodeOf({
    search_response: [{ status: 'succ', data: { reg_records: [{ id: 1 }] } }],
  }) as JsonObject;
  const sealed = await sealMessage(plain, sealingKeyFrom(JSON.parse(own.publishedKeys())));
  const body = { header: { is_msg_encrypted: true }, message: Object.fromEntries(sealed) };
  registry.faults.push({ status: 200, body }, { status: 200, body });
  const { records } = await (await asking(registry.url, () => own)).searchById('BRN', '1');
  expect(records).toEqual([{ id: 1 }]);
  const other = keysWith(null, pem(generateKeyPairSync('x25519').privateKey));
  const error = await errorOf((await asking(registry.url, () => other)).searchById('BRN', '1'));
  expect(error.code).toBe('registry.encrypted');
});
