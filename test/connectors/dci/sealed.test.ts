import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { FlattenedEncrypt, type FlattenedJWE } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { decryptionKey } from '../../../src/dci/encryption.ts';
import { keptContent, rawDataOf } from '../../../src/events/raw-data.ts';
import {
  DEATH,
  envelope,
  type Face,
  HEADER,
  openFace,
  PRIVATE,
  SEARCH_ANSWER,
  SPDCI_DEATH,
  signedByAnother,
  withHeader,
} from '../../http/support.ts';
import { sharedInbox } from '../../inbox/support.ts';

const KEY = decryptionKey(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey);
const NEXT = decryptionKey(generateKeyPairSync('x25519').privateKey);

const shared = sharedInbox();
let face: Face;
beforeEach(async () => {
  face = await openFace({}, { inbox: shared.inbox });
  face.decryptionKeys = [KEY];
});

function seal(message: object = DEATH, key = KEY): Promise<FlattenedJWE> {
  const alg = key.kind === 'RSA' ? 'RSA-OAEP-256' : 'ECDH-ES+A256KW';
  return new FlattenedEncrypt(new TextEncoder().encode(JSON.stringify(message)))
    .setUnprotectedHeader({ alg, enc: 'A256GCM', kid: key.kid })
    .encrypt(createPublicKey(key.privateKey));
}
const ENCRYPTED = { is_msg_encrypted: true };

async function onlyEvent() {
  const listed = await face.inbox.list({});
  expect(listed).toHaveLength(1);
  const event = await face.inbox.show(listed[0]?.id ?? 0);
  if (!event) throw new Error('the event is gone');
  return event;
}

describe('a sealed notification', () => {
  it.each([
    ['/crvs', DEATH, 'openspp'],
    ['/dci_api/v1/registry/notify', SPDCI_DEATH, 'spdci'],
  ])('on %s is opened, and kept in plain with the JWE beside it', async (path, message, dialect) => {
    const sealed = await seal(message);
    const answer = await face.post(path, await withHeader(ENCRYPTED, sealed));
    expect(answer.status).toBe(202);
    const event = await onlyEvent();
    expect(event).toMatchObject({ type: 'death', date: '2024-12-01', dialect, kid: expect.any(String) });
    expect(event.identifiers[0]).toEqual({ type: 'UIN', value: PRIVATE.uin });
    const header = { ...HEADER, ...ENCRYPTED };
    expect(JSON.parse(event.body)).toEqual({
      signature: expect.stringContaining('kidId='),
      header,
      message,
      sealed_message: sealed,
    });
    expect(JSON.parse(rawDataOf(keptContent(event.body), 0))).toEqual({ header, message });
  });

  it('signed as a JWS is taken, too', async () => {
    const body = await envelope(await seal(), { header: { ...HEADER, ...ENCRYPTED }, form: 'jws' });
    expect((await face.post('/crvs', body)).status).toBe(202);
    expect((await onlyEvent()).identifiers).toHaveLength(2);
  });

  it('is the same message when it is sealed again, to another key, or sent in plain; not with another content', async () => {
    const first = await face.post('/crvs', await withHeader(ENCRYPTED, await seal()));
    face.decryptionKeys = [NEXT, KEY];
    for (const again of [
      await withHeader(ENCRYPTED, await seal()),
      await withHeader(ENCRYPTED, await seal(DEATH, NEXT)),
      await withHeader({}, DEATH),
    ]) {
      const answer = await face.post('/crvs', again);
      expect([answer.status, answer.json]).toEqual([first.status, first.json]);
    }
    await onlyEvent();
    const other = await seal({ ...DEATH, event_date: '2024-12-02' });
    expect((await face.post('/crvs', await withHeader(ENCRYPTED, other))).status).toBe(409);
  });

  it('is opened only after its signature verified', async () => {
    let asked = 0;
    face = await openFace(
      {},
      {
        inbox: shared.inbox,
        instead: () => ({
          decryptionKeys: () => {
            asked += 1;
            return [KEY];
          },
        }),
      },
    );
    const sealed = await seal();
    const forged = await face.post('/crvs', await signedByAnother(sealed));
    expect([forged.status, asked]).toEqual([401, 0]);
    const honest = await face.post('/crvs', await withHeader(ENCRYPTED, sealed));
    expect([honest.status, asked]).toEqual([202, 1]);
  });

  it('has its signature over what was sent: what was in the JWE is not what is signed', async () => {
    const body = JSON.parse(await withHeader(ENCRYPTED, await seal()));
    const swapped = { ...body, message: await seal() };
    expect((await face.post('/crvs', JSON.stringify(swapped))).json.message.error.code).toBe(
      'err.signature.invalid',
    );
  });

  it('on a callback route is opened and kept', async () => {
    const body = await withHeader({ ...ENCRYPTED, action: 'on-search' }, await seal(SEARCH_ANSWER));
    expect((await face.post('/registry/on-search', body)).status).toBe(202);
  });
});

describe('a sealed notification is refused with err.encryption.invalid', () => {
  it.each([
    ['sealed to a key that is gone', async () => seal(DEATH, NEXT), ENCRYPTED, 'message.header.kid'],
    [
      'tampered with',
      async () => ({ ...(await seal()), tag: 'AAAAAAAAAAAAAAAAAAAAAA' }),
      ENCRYPTED,
      'message',
    ],
    ['not sealed, and said to be', async () => DEATH, ENCRYPTED, 'message'],
    ['sealed, and not said to be', async () => seal(), {}, 'header.is_msg_encrypted'],
    ['holding no object', async () => seal([PRIVATE.name]), ENCRYPTED, 'message'],
  ])('%s', async (_what, message, header, field) => {
    const answer = await face.post('/crvs', await withHeader(header, await message()));
    expect(answer.status).toBe(400);
    expect(answer.json.message.error.code).toBe('err.encryption.invalid');
    expect(answer.json.message.error.message).toMatch(new RegExp(`^${field.replaceAll('.', '\\.')}: `));
    for (const secret of Object.values(PRIVATE)) {
      expect(answer.text).not.toContain(secret);
      expect(face.log.text()).not.toContain(secret);
    }
    expect(face.log.entries().at(-1)).toMatchObject({ code: 'err.encryption.invalid', field });
    expect(await face.inbox.list({})).toEqual([]);
  });

  it('and what it holds is checked as ever', async () => {
    const answer = await face.post(
      '/crvs',
      await withHeader(ENCRYPTED, await seal({ ...DEATH, event_type: 'X' })),
    );
    expect([answer.status, answer.json.message.error.code]).toEqual([400, 'err.request.bad']);
    expect(answer.json.message.error.message).toMatch(/^message\.event_type/);
  });
});
