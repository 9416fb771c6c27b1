import {
  createCipheriv,
  createHash,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import {
  FlattenedEncrypt,
  type FlattenedJWE,
  GeneralEncrypt,
  type JWEHeaderParameters,
  type JWK,
} from 'jose';
import { describe, expect, it } from 'vitest';
import {
  CONTENT_ALGORITHM_NAMES,
  type DecryptionKey,
  decryptionKey,
  KEY_ALGORITHM_NAMES,
  sealingKeyFrom,
} from '../../src/dci/encryption.ts';
import { type Envelope, parseEnvelope } from '../../src/dci/envelope.ts';
import { DciError } from '../../src/dci/errors.ts';
import type { JsonObject } from '../../src/dci/json.ts';
import { printJson } from '../../src/dci/json-print.ts';
import { KeyError } from '../../src/dci/keys.ts';
import { openEnvelope, sealMessage } from '../../src/dci/sealed.ts';
import { nodeOf } from '../../src/dci/sign.ts';
import { HEADER, MESSAGE } from './support.ts';

const RSA = decryptionKey(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey);
const OTHER_RSA = decryptionKey(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey);
const P256 = decryptionKey(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
const X25519 = decryptionKey(generateKeyPairSync('x25519').privateKey);
const ALL = [OTHER_RSA, RSA, P256, X25519];

const publicOf = ({ privateKey }: { privateKey: KeyObject }) => createPublicKey(privateKey);
const keysFor = (alg: string) => (alg.startsWith('RSA') ? [RSA] : [P256, X25519]);

/** Where the JOSE header is; jose puts its one-time key (`epk`) into `protected` in all three. */
type Place = 'header' | 'protected' | 'both';

/** Seals with jose, as a registry would. */
async function jwe(
  key: DecryptionKey,
  { alg, enc = 'A256GCM', kid = key.kid, ...rest }: JWEHeaderParameters & { alg: string },
  place: Place = 'header',
  text = JSON.stringify(MESSAGE),
): Promise<FlattenedJWE> {
  const sealing = new FlattenedEncrypt(new TextEncoder().encode(text));
  const named = kid === '' ? {} : { kid };
  if (place === 'header') sealing.setUnprotectedHeader({ alg, enc, ...named, ...rest });
  if (place === 'protected') sealing.setProtectedHeader({ alg, enc, ...named, ...rest });
  if (place === 'both') sealing.setProtectedHeader({ enc, ...rest }).setUnprotectedHeader({ alg, ...named });
  return sealing.encrypt(publicOf(key));
}

function envelopeWith(message: unknown, over: object = {}): Envelope {
  return parseEnvelope(
    JSON.stringify({ signature: 'x', header: { ...HEADER, is_msg_encrypted: true, ...over }, message }),
  );
}

const open = (message: unknown, keys: readonly DecryptionKey[] = ALL) =>
  openEnvelope(envelopeWith(message), keys);

async function refusal(message: unknown, keys: readonly DecryptionKey[] = ALL, over: object = {}) {
  const error = await openEnvelope(envelopeWith(message, over), keys).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(DciError);
  const { code, field, message: text } = error as DciError;
  expect(code).toBe('err.encryption.invalid');
  expect(text.startsWith(`${field}: `)).toBe(true);
  return { field, text };
}

const CASES = KEY_ALGORITHM_NAMES.flatMap((alg) =>
  CONTENT_ALGORITHM_NAMES.flatMap((enc) =>
    keysFor(alg).flatMap((key) =>
      (['header', 'protected', 'both'] as const).map((place) => ({ alg, enc, kind: key.kind, key, place })),
    ),
  ),
);

describe('a sealed message is opened', () => {
  it('with every algorithm that the contract names, and no other', () => {
    expect(KEY_ALGORITHM_NAMES).toEqual([
      'RSA-OAEP-256',
      'ECDH-ES',
      'ECDH-ES+A128KW',
      'ECDH-ES+A192KW',
      'ECDH-ES+A256KW',
    ]);
    expect(CONTENT_ALGORITHM_NAMES).toEqual(['A256GCM', 'A128GCM']);
  });

  it.each(CASES)('$alg, $enc, $kind, header in $place', async ({ alg, enc, key, place }) => {
    const envelope = await open(await jwe(key, { alg, enc }, place));
    expect(JSON.parse(printJson(envelope.message))).toEqual(MESSAGE);
  });

  it.each(KEY_ALGORITHM_NAMES)('%s without a kid, tried over the keys that fit', async (alg) => {
    for (const key of keysFor(alg)) {
      const sealed = await jwe(key, { alg, kid: '' });
      expect(sealed).not.toHaveProperty('header.kid');
      const atTheTop = Buffer.from(sealed.protected ?? '', 'base64url').toString();
      expect(atTheTop.includes('"epk"')).toBe(alg.startsWith('ECDH'));
      expect(atTheTop).not.toContain('"kid"');
      expect(JSON.parse(printJson((await open(sealed)).message))).toEqual(MESSAGE);
    }
  });

  it('as RFC 7516 has it where nothing at all is under the tag', async () => {
    // Appendix A.4 in our algorithms: made by jose with a shared header, and no protected one.
    const sealed = await new FlattenedEncrypt(new TextEncoder().encode(JSON.stringify(MESSAGE)))
      .setUnprotectedHeader({ alg: 'RSA-OAEP-256', kid: RSA.kid })
      .setSharedUnprotectedHeader({ enc: 'A128GCM' })
      .encrypt(publicOf(RSA));
    expect(sealed.protected).toBeUndefined();
    expect(JSON.parse(printJson((await open(sealed)).message))).toEqual(MESSAGE);
  });

  it.each(CONTENT_ALGORITHM_NAMES)(
    'with ECDH-ES and %s, the one-time key in header, and nothing protected',
    async (enc) => {
      for (const key of [P256, X25519]) {
        const sealed = sealedByHand(key, enc);
        expect(sealed.protected).toBeUndefined();
        expect(JSON.parse(printJson((await open(sealed)).message))).toEqual(MESSAGE);
      }
    },
  );

  it('with a wrapped key, the one-time key in header, and nothing protected', async () => {
    // For several recipients jose puts it there; one of them is taken.
    const { recipients = [], ...shared } = await new GeneralEncrypt(
      new TextEncoder().encode(JSON.stringify(MESSAGE)),
    )
      .setSharedUnprotectedHeader({ enc: 'A128GCM' })
      .addRecipient(publicOf(P256))
      .setUnprotectedHeader({ alg: 'ECDH-ES+A192KW', kid: P256.kid })
      .addRecipient(publicOf(X25519))
      .setUnprotectedHeader({ alg: 'ECDH-ES+A128KW' })
      .encrypt();
    for (const recipient of recipients) {
      expect(recipient.header).toHaveProperty('epk');
      expect((await open({ ...shared, ...recipient })).message.get('event_type')).toBe('DEATH');
    }
  });

  it('with additional data, agreement info and empty members', async () => {
    const withData = await new FlattenedEncrypt(new TextEncoder().encode(JSON.stringify(MESSAGE)))
      .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM', kid: P256.kid })
      .setKeyManagementParameters({ apu: new Uint8Array([1]), apv: new Uint8Array([2]) })
      .setAdditionalAuthenticatedData(new Uint8Array([3]))
      .encrypt(publicOf(P256));
    expect((await open({ ...withData, encrypted_key: '' })).message.get('event_type')).toBe('DEATH');
    expect((await open({ ...withData, encrypted_key: null, header: null })).message.get('event_type')).toBe(
      'DEATH',
    );
    const bare = sealedByHand(P256, 'A256GCM');
    expect((await open({ ...bare, protected: null, aad: null })).message.get('event_type')).toBe('DEATH');
    expect((await open({ ...bare, protected: '', aad: '' })).message.get('event_type')).toBe('DEATH');
    expect(await refusal({ ...withData, aad: 'AQ' })).toMatchObject({ field: 'message' });
  });

  it('keeps numbers, keeps what was received, and has the digest of the same message in plain', async () => {
    const text = '{"event_type":"DEATH","n":9007199254740993,"f":1.10}';
    const sealed = await jwe(RSA, { alg: 'RSA-OAEP-256' }, 'header', text);
    const opened = await open(sealed);
    const kept = parseEnvelope(printJson(opened.root, 0));
    expect(printJson(kept.message, 0)).toBe(text);
    expect(kept.headerNode).toEqual(envelopeWith(sealed).headerNode);
    expect(kept.root.get('sealed_message')).toEqual(nodeOf(sealed));
    expect(kept.signature).toBe('x');
    const plain = parseEnvelope(`{"header":${JSON.stringify(HEADER)},"message":${text}}`);
    expect(opened.contentDigest()).toBe(plain.contentDigest());
    const again = await open(await jwe(RSA, { alg: 'RSA-OAEP-256' }, 'header', text));
    expect(again.contentDigest()).toBe(opened.contentDigest());
  });

  it('is left as it is where nothing is sealed', async () => {
    const plain = parseEnvelope(JSON.stringify({ header: HEADER, message: MESSAGE }));
    expect(await openEnvelope(plain, ALL)).toBe(plain);
  });
});

describe('it is refused', () => {
  it.each([
    'RSA1_5',
    'RSA-OAEP',
    'RSA-OAEP-384',
    'RSA-OAEP-512',
    'dir',
    'A128KW',
    'A256KW',
    'A256GCMKW',
    'PBES2-HS256+A128KW',
    'none',
    'ECDH-ES+A256KW ',
    'rsa-oaep-256',
  ])('with alg %s', async (alg) => {
    const sealed = await jwe(RSA, { alg: 'RSA-OAEP-256' });
    const { field, text } = await refusal({ ...sealed, header: { ...sealed.header, alg } });
    expect(field).toBe('message.header.alg');
    expect(text).toContain('RSA-OAEP-256');
  });

  it.each(['A128CBC-HS256', 'A256CBC-HS512', 'A192GCM', '', 7])('with enc %s', async (enc) => {
    const sealed = await jwe(RSA, { alg: 'RSA-OAEP-256' });
    expect((await refusal({ ...sealed, header: { ...sealed.header, enc } })).field).toBe(
      'message.header.enc',
    );
  });

  it('where jose itself sealed with what is not taken', async () => {
    const cbc = await jwe(RSA, { alg: 'RSA-OAEP-256', enc: 'A256CBC-HS512' }, 'protected');
    expect((await refusal(cbc)).field).toBe('message.protected.enc');
    const sha1 = await jwe(RSA, { alg: 'RSA-OAEP' }, 'protected');
    expect((await refusal(sha1)).field).toBe('message.protected.alg');
    const direct = await new FlattenedEncrypt(new TextEncoder().encode(JSON.stringify(MESSAGE)))
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
      .encrypt(new Uint8Array(32));
    expect((await refusal(direct)).field).toBe('message.protected.alg');
  });

  it('with compression or critical parameters', async () => {
    const zipped = await jwe(RSA, { alg: 'RSA-OAEP-256', zip: 'DEF' }, 'protected');
    expect((await refusal(zipped)).field).toBe('message.protected.zip');
    const sealed = await jwe(RSA, { alg: 'RSA-OAEP-256' });
    for (const more of [{ crit: ['exp'] }, { zip: 'DEF' }]) {
      const { field } = await refusal({ ...sealed, header: { ...sealed.header, ...more } });
      expect(field).toBe(`message.header.${Object.keys(more)[0]}`);
    }
  });

  it('with a parameter in two places, or twice in one', async () => {
    const sealed = await jwe(RSA, { alg: 'RSA-OAEP-256' }, 'protected');
    expect((await refusal({ ...sealed, header: { alg: 'RSA-OAEP-256' } })).field).toBe('message.header');
    const twice = Buffer.from('{"alg":"RSA1_5","alg":"RSA-OAEP-256","enc":"A256GCM"}').toString('base64url');
    expect((await refusal({ ...sealed, protected: twice })).field).toBe('message.protected');
    for (const garbage of ['!', 'AA=', Buffer.from('[]').toString('base64url'), 7])
      expect((await refusal({ ...sealed, protected: garbage })).field).toBe('message.protected');
  });

  it('by a kid that is not ours, unlike a key that does not fit its algorithm', async () => {
    const sealed = await jwe(RSA, { alg: 'RSA-OAEP-256' });
    expect((await refusal(sealed, [OTHER_RSA, P256])).field).toBe('message.header.kid');
    expect((await refusal({ ...sealed, header: { ...sealed.header, kid: P256.kid } })).field).toBe(
      'message.header.alg',
    );
    expect((await refusal({ ...sealed, header: { ...sealed.header, kid: 7 } })).field).toBe(
      'message.header.kid',
    );
  });

  it('alike, whatever of its secret is wrong', async () => {
    const texts = new Set<string>();
    for (const alg of KEY_ALGORITHM_NAMES) {
      for (const key of keysFor(alg)) {
        const sealed = await jwe(key, { alg });
        const wrong: object[] = [
          await jwe(decryptionKeyLike(key), { alg, kid: key.kid }),
          await jwe(decryptionKeyLike(key), { alg, kid: '' }),
          ...(['ciphertext', 'iv', 'tag'] as const).map((name) => ({
            ...sealed,
            [name]: changed(sealed[name]),
          })),
          { ...sealed, ciphertext: '' },
        ];
        if (alg === 'ECDH-ES') wrong.push({ ...sealed, encrypted_key: 'AAAA' });
        else
          wrong.push(
            { ...sealed, encrypted_key: changed(sealed.encrypted_key) },
            without(sealed, 'encrypted_key'),
          );
        if (alg !== 'RSA-OAEP-256') {
          const protectedPart = JSON.parse(Buffer.from(sealed.protected ?? '', 'base64url').toString());
          for (const epk of [
            undefined,
            7,
            {},
            { ...protectedPart.epk, crv: 'P-521' },
            { ...protectedPart.epk, x: 'AA' },
          ]) {
            const text = JSON.stringify({ ...protectedPart, epk });
            wrong.push({ ...sealed, protected: Buffer.from(text).toString('base64url') });
          }
        }
        for (const one of wrong) {
          const { field, text } = await refusal(one);
          expect(field, JSON.stringify(one)).toBe('message');
          texts.add(text);
        }
      }
    }
    expect([...texts]).toEqual([
      'message: cannot be opened: it is sealed to another key, or was changed since; seal it again to a key that is published',
    ]);
  });

  it('with parts that are missing, badly encoded or of the wrong length', async () => {
    const sealed = await jwe(RSA, { alg: 'RSA-OAEP-256' });
    for (const name of ['iv', 'tag'] as const) {
      for (const value of [undefined, 'AAAA', 'not base64', 7, ''])
        expect((await refusal({ ...sealed, [name]: value })).field).toBe(`message.${name}`);
    }
    expect((await refusal({ ...sealed, ciphertext: 'AA==' })).field).toBe('message.ciphertext');
    expect((await refusal({ ...sealed, encrypted_key: '+' })).field).toBe('message.encrypted_key');
    expect((await refusal({ ...sealed, header: 'x' })).field).toBe('message.header');
    expect((await refusal({ ...sealed, header: undefined })).field).toBe('message.header.alg');
    expect((await refusal({ ...sealed, recipients: [] })).field).toBe('message.recipients');
  });

  it('where what was sealed is no JSON object that can be read', async () => {
    for (const text of [
      '',
      '[]',
      '"x"',
      '{"a":1,"a":2}',
      '{"a":',
      `${'{"a":'.repeat(100)}1${'}'.repeat(100)}`,
    ]) {
      const { field, text: told } = await refusal(await jwe(RSA, { alg: 'RSA-OAEP-256' }, 'header', text));
      expect(field).toBe('message');
      expect(told).toContain('what was sealed');
    }
    const sealing = new FlattenedEncrypt(new Uint8Array([0x7b, 0xff, 0x7d])).setUnprotectedHeader({
      alg: 'RSA-OAEP-256',
      enc: 'A256GCM',
    });
    expect((await refusal(await sealing.encrypt(publicOf(RSA)))).text).toContain('UTF-8');
  });

  it('where header.is_msg_encrypted says something else than the message is', async () => {
    const sealed = await jwe(RSA, { alg: 'RSA-OAEP-256' });
    const shut = await refusal(sealed, ALL, { is_msg_encrypted: false });
    expect(shut.field).toBe('header.is_msg_encrypted');
    expect((await refusal(MESSAGE)).field).toBe('message');
    expect((await refusal(sealed, [])).text).toContain('published no encryption key');
  });
});

describe('the largest plaintext', () => {
  it('is bounded', async () => {
    const { openJwe } = await import('../../src/dci/jwe.ts');
    const sealed = nodeOf(await jwe(RSA, { alg: 'RSA-OAEP-256' }, 'header', 'x'.repeat(11))) as JsonObject;
    expect((await openJwe(sealed, ALL, { maxBytes: 11 })).text).toHaveLength(11);
    await expect(openJwe(sealed, ALL, { maxBytes: 10 })).rejects.toMatchObject({
      field: 'message.ciphertext',
    });
  });
});

describe('our own sealing', () => {
  it.each(CASES.filter(({ place }) => place === 'protected'))(
    'is opened: $alg, $enc, $kind',
    async ({ alg, enc, key }) => {
      const jwk = { ...publicOf(key).export({ format: 'jwk' }), kid: key.kid, use: 'enc' };
      const sealed = await sealMessage(nodeOf(MESSAGE) as JsonObject, sealingKeyFrom(jwk), { alg, enc });
      expect(printJson(sealed)).not.toContain('123456789');
      expect(JSON.parse(printJson((await open(JSON.parse(printJson(sealed)))).message))).toEqual(MESSAGE);
    },
  );

  it('takes the first key of a set that can be sealed to, and says why there is none', () => {
    const ed25519 = {
      ...createPublicKey(generateKeyPairSync('ed25519').privateKey).export({ format: 'jwk' }),
    };
    const rsa = { ...publicOf(RSA).export({ format: 'jwk' }), kid: 'k', use: 'enc' };
    expect(sealingKeyFrom({ keys: [{ ...ed25519, use: 'sig' }, rsa] })).toMatchObject({
      kid: 'k',
      alg: 'RSA-OAEP-256',
    });
    for (const none of [
      { keys: [] },
      { keys: [ed25519] },
      { ...rsa, use: 'sig' },
      { ...rsa, alg: 'RSA1_5' },
      { ...rsa, alg: 'ECDH-ES' },
      RSA.privateKey.export({ format: 'jwk' }),
      { kty: 'oct', k: 'AA' },
      { kty: 'RSA' },
      null,
    ])
      expect(() => sealingKeyFrom(none), JSON.stringify(none)).toThrow(KeyError);
  });

  it('and opening take no small RSA key, and none on another curve', () => {
    expect(() => decryptionKey(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey)).toThrow(
      KeyError,
    );
    expect(() => decryptionKey(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey)).toThrow(
      KeyError,
    );
    expect(() => decryptionKey(generateKeyPairSync('ed25519').privateKey)).toThrow(KeyError);
  });
});

/** ECDH-ES as RFC 7518, 4.6 says it, without jose: it always protects the one-time key of a direct agreement. */
function sealedByHand({ privateKey, kid }: DecryptionKey, enc: string): FlattenedJWE {
  const bits = enc === 'A256GCM' ? 256 : 128;
  const oneTime =
    privateKey.asymmetricKeyType === 'x25519'
      ? generateKeyPairSync('x25519')
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const secret = diffieHellman({ privateKey: oneTime.privateKey, publicKey: createPublicKey(privateKey) });
  const number = (value: number) => Buffer.from(value.toString(16).padStart(8, '0'), 'hex');
  const info = Buffer.concat([number(enc.length), Buffer.from(enc), number(0), number(0), number(bits)]);
  const derived = createHash('sha256').update(number(1)).update(secret).update(info).digest();
  const iv = randomBytes(12);
  const cipher = createCipheriv(
    bits === 256 ? 'aes-256-gcm' : 'aes-128-gcm',
    derived.subarray(0, bits / 8),
    iv,
  );
  const ciphertext = Buffer.concat([cipher.update(JSON.stringify(MESSAGE)), cipher.final()]);
  const epk = oneTime.publicKey.export({ format: 'jwk' }) as JWK;
  return {
    header: { alg: 'ECDH-ES', enc, kid, epk },
    iv: iv.toString('base64url'),
    ciphertext: ciphertext.toString('base64url'),
    tag: cipher.getAuthTag().toString('base64url'),
  };
}

function decryptionKeyLike({ kind }: DecryptionKey): DecryptionKey {
  if (kind === 'RSA') return decryptionKey(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey);
  if (kind === 'X25519') return decryptionKey(generateKeyPairSync('x25519').privateKey);
  return decryptionKey(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
}

/** The same length, another first byte. */
function changed(text = ''): string {
  const bytes = Buffer.from(text, 'base64url');
  bytes[0] = (bytes[0] ?? 0) ^ 1;
  return bytes.toString('base64url');
}

function without(jwe: FlattenedJWE, name: keyof FlattenedJWE): object {
  return Object.fromEntries(Object.entries(jwe).filter(([key]) => key !== name));
}
