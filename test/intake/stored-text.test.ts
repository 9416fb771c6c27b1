import { createHmac, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { FlattenedEncrypt } from 'jose';
import { expect, it } from 'vitest';
import { decryptionKey } from '../../src/dci/encryption.ts';
import { bodyText, readEnvelope } from '../../src/dci/envelope.ts';
import { keptContent } from '../../src/events/raw-data.ts';
import { assertDeliverable } from '../../src/intake/stored-text.ts';
import { bundle, payload, RELEASES } from '../connectors/opencrvs-v1/bundles.ts';
import { DEATH, envelope, openFace, withHeader } from '../http/support.ts';
import { sharedInbox } from '../inbox/support.ts';

const SECRET = 'sha-secret-of-the-client';
const KEY = decryptionKey(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey);
const shared = sharedInbox();

async function open() {
  const face = await openFace(
    { webhooks: { senderId: 'opencrvs', secrets: [SECRET] }, maxBodyBytes: 1_000_000 },
    { inbox: shared.inbox },
  );
  face.decryptionKeys = [KEY];
  return face;
}

function signedWebhook(body: string): Record<string, string> {
  const hmac = createHmac('sha256', SECRET).update(`sha256:${encodeURIComponent(body)}`);
  return { 'content-type': 'application/json', 'x-hub-signature': `sha256=${hmac.digest('hex')}` };
}

/** A webhook whose deepest place is so many objects and arrays deep, itself included. */
function webhookOfDepth(depth: number): string {
  const record = bundle(
    { type: 'birth', date: '2020-02-29', number: `B${depth}`, nationalId: null },
    RELEASES['1.9'],
  );
  return JSON.stringify({
    ...payload('BIRTH_REGISTERED', record),
    more: JSON.parse('['.repeat(depth - 1) + ']'.repeat(depth - 1)),
  });
}

/** A sealed death whose message has so many values in all. */
async function sealedOfValues(values: number): Promise<string> {
  const own = JSON.stringify(DEATH).match(/[{[]|:(?![{[])/g)?.length ?? 0;
  const message = { ...DEATH, more: new Array(values - own - 1).fill(0) };
  const sealed = await new FlattenedEncrypt(new TextEncoder().encode(JSON.stringify(message)))
    .setUnprotectedHeader({ alg: 'RSA-OAEP-256', enc: 'A256GCM', kid: KEY.kid })
    .encrypt(createPublicKey(KEY.privateKey));
  return withHeader({ is_msg_encrypted: true }, sealed);
}

it('refuses a second byte order mark, and then takes the genuine message as a new one', async () => {
  const face = await open();
  const genuine = await envelope();
  const answer = await face.post('/crvs', `\ufeff\ufeff${genuine}`);
  expect(answer.status).toBe(400);
  expect(answer.json.message.error.message).toContain('not valid JSON');
  expect(await face.inbox.list({})).toEqual([]);
  expect((await face.post('/crvs', `\ufeff${genuine}`)).status).toBe(202);
  const [event] = await face.inbox.list({});
  expect((await face.inbox.show(event?.id ?? 0))?.body).toBe(genuine);
});

it('refuses a webhook that its envelope would make too deep, and takes one a level less deep', async () => {
  const face = await open();
  const deep = webhookOfDepth(100);
  const refused = await face.post('/opencrvs/webhook', deep, signedWebhook(deep));
  expect(refused.status).toBe(400);
  expect(refused.json.message.error).toMatchObject({
    code: 'err.request.bad',
    message: expect.stringContaining('send it nested less deeply'),
  });
  expect(await face.inbox.list({})).toEqual([]);
  const taken = webhookOfDepth(99);
  expect((await face.post('/opencrvs/webhook', taken, signedWebhook(taken))).status).toBe(202);
  const [event] = await face.inbox.list({});
  const kept = keptContent((await face.inbox.show(event?.id ?? 0))?.body ?? '');
  expect(kept.message).toBeInstanceOf(Map);
});

it('refuses a sealed message that has too many values with what is kept beside it', async () => {
  const face = await open();
  const refused = await face.post('/crvs', await sealedOfValues(49_990));
  expect(refused.status).toBe(400);
  expect(refused.json.message.error.message).toContain('send fewer records a message');
  expect(await face.inbox.list({})).toEqual([]);
  expect((await face.post('/crvs', await sealedOfValues(49_900))).status).toBe(202);
  const [event] = await face.inbox.list({});
  const kept = keptContent((await face.inbox.show(event?.id ?? 0))?.body ?? '');
  expect(kept.message).toBeInstanceOf(Map);
});

it('reads a text a second time unless an envelope was read from the very same one', async () => {
  const text = bodyText(Buffer.from(await envelope()));
  const readAs = readEnvelope(text);
  const assert = (body: string, type: 'death' | 'identity' = 'death') =>
    assertDeliverable({ body, events: [{ type }], readAs });
  expect(readAs.text).toBe(text);
  expect(() => assert(text)).not.toThrow();
  // What is beside the text, or another text, is read, and so is what no envelope says of an identity.
  for (const body of [`${text}]`, `\ufeff${text}`, '['.repeat(101)]) {
    expect(() => assert(body), body.slice(0, 10)).toThrow('cannot be kept');
  }
  expect(() => assert(text, 'identity')).toThrow();
});

it.each([
  ['a mark in front', (text: string) => `\ufeff${text}`],
  ['too deep', (text: string) => text.replace(/\{/, `{"more": ${'['.repeat(100)}${']'.repeat(100)}, `)],
  ['too many values', (text: string) => text.replace(/\{/, `{"more": [0${',0'.repeat(50_000)}], `)],
  ['a key twice', (text: string) => text.replace(/\{/, '{"header": {}, ')],
])('cannot be read as an envelope where the delivery could not read it: %s', async (_what, change) => {
  const text = change(await envelope());
  expect(() => readEnvelope(text)).toThrow();
  expect(() => keptContent(text)).toThrow();
});
