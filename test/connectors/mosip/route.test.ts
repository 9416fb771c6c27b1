import { beforeEach, describe, expect, it } from 'vitest';
import type * as z from 'zod';
import { decryptCredential, partnerKeys } from '../../../src/connectors/mosip/decrypt.ts';
import { addMosipRoutes, type MosipSettings } from '../../../src/connectors/mosip/routes.ts';
import { mosipSchema } from '../../../src/connectors/mosip/settings.ts';
import { readIdentityChange } from '../../../src/events/identity-event.ts';
import { keptContent } from '../../../src/events/raw-data.ts';
import type { IntakeSettings } from '../../../src/intake/intake.ts';
import { NO_SIGNALS } from '../../../src/signals/signals.ts';
import { withoutRandom } from '../../chance.ts';
import { type Face, openFace, SHARED } from '../../http/support.ts';
import { sharedInbox } from '../../inbox/support.ts';
import { settingsWith } from '../../settings.ts';
import {
  credential,
  delivery,
  ISSUED,
  issued,
  OTHER_PARTNER,
  PARTNER,
  pemOf,
  SECRET,
  sealed,
  signature,
  TOPICS,
} from './support.ts';

const PATH = '/mosip/credentials';
const SUBJECT = { birthCertificateNumber: 'B-2026-1', UIN: '4915 0372 1186' };
const SETTINGS: MosipSettings & IntakeSettings = {
  ...SHARED,
  secrets: [SECRET],
  keys: [PARTNER.privateKey],
  topics: TOPICS,
  source: 'MOSIP',
  hub: null,
  birthDate: ['credential.dateOfBirth'],
  person: { BRN: ['credential.birthCertificateNumber', 'data.opencrvsBRN'] },
  ids: { UIN: ['credential.UIN'], HASH: ['data.id_hash'] },
};

const shared = sharedInbox();
let face: Face;
async function open(over: Partial<MosipSettings & IntakeSettings> = {}): Promise<Face> {
  const opened = await openFace({}, { inbox: shared.inbox });
  addMosipRoutes(opened.app, { ...SETTINGS, ...over }, opened.parts);
  return opened;
}
beforeEach(async () => {
  face = await open();
});
const post = (body: string, headers = signature(body), on = face) => on.post(PATH, body, headers);
async function kept() {
  const [event] = await shared.inbox.list({});
  return shared.inbox.show(event?.id ?? 0);
}

it('refuses a delivery that names no time, since a copy of it would count as newer whenever it comes', async () => {
  for (const at of ['', 'yesterday']) {
    const body = delivery({ credential: credential(SUBJECT) }, { at });
    const answer = await post(body);
    expect(answer.status).toBe(400);
    expect(answer.json.message.error.message).toMatch(/^event\.timestamp: /);
  }
  expect(await shared.inbox.list({})).toEqual([]);
});

describe('a credential', () => {
  it.each([
    ['encrypted', issued(SUBJECT)],
    ['encrypted without a thumbprint', issued(SUBJECT, {}, { bare: true })],
    ['encrypted as keymanager did before', issued(SUBJECT, {}, { old: true })],
    ['plain', delivery({ credential: credential(SUBJECT) })],
    ['plain, as an object', delivery({ credential: JSON.parse(credential(SUBJECT)) })],
  ])('%s is committed with its numbers, and nothing else of it', async (_case, body) => {
    expect((await post(body)).status).toBe(202);
    const event = await kept();
    expect(event).toMatchObject({
      type: 'identity',
      date: null,
      senderId: 'MOSIP',
      dialect: 'mosip',
      identifiers: [
        { type: 'BRN', value: 'B-2026-1' },
        { type: 'UIN', value: '4915 0372 1186' },
      ],
    });
    expect(event?.body).not.toMatch(/Lina|R0lGOD|10001100010000/);
    expect(withoutRandom(face.log.text())).not.toMatch(/Lina|B-2026-1|4915|0372|1186/);
    expect(await shared.inbox.list({ type: 'identity' })).toHaveLength(1);
    expect(await shared.inbox.list({ type: 'birth' })).toEqual([]);
  });

  it('that is delivered three times is one event', async () => {
    const body = issued(SUBJECT, { id: 'event-1' });
    // Encrypted again, it is the same.
    for (const one of [body, body, issued(SUBJECT, { id: 'event-1' })])
      expect((await post(one)).status).toBe(202);
    expect(await shared.inbox.list({})).toHaveLength(1);
    expect((await post(issued({ ...SUBJECT, UIN: '2' }, { id: 'event-1' }))).status).toBe(409);
  });

  it('may name the registration number beside the credential, and numbers by language', async () => {
    const subject = { UIN: [{ language: 'eng', value: 4915 }] };
    const body = delivery({ credential: sealed(credential(subject)), opencrvsBRN: 'B-2', id_hash: 'AB12' });
    expect((await post(body)).status).toBe(202);
    expect((await kept())?.identifiers).toEqual([
      { type: 'BRN', value: 'B-2' },
      { type: 'UIN', value: '4915' },
      { type: 'HASH', value: 'AB12' },
    ]);
  });

  it.each([
    ['of a death', issued({})],
    ['of an update', delivery({}, { topic: 'openspp/IDENTITY_UPDATED' })],
    ['of a hash that is not kept', delivery({ hash: 'x' }, { topic: 'openspp/DEACTIVATE_ID' })],
  ])('%s is acknowledged without an event', async (_case, body) => {
    expect((await post(body)).status).toBe(200);
    expect(await shared.inbox.list({})).toEqual([]);
  });

  it.each([
    [
      'for another partner',
      issued(SUBJECT, {}, { publicKey: OTHER_PARTNER.publicKey }),
      'err.encryption.invalid',
    ],
    [
      'that is damaged',
      delivery({ credential: sealed('x').replace(/.{8}$/, 'AAAAAAAA') }),
      'err.encryption.invalid',
    ],
    ['that is cut off', delivery({ credential: sealed('x').slice(0, 430) }), 'err.encryption.invalid'],
    ['that is none', delivery({ credential: 'nothing' }), 'err.encryption.invalid'],
    ['without JSON in it', delivery({ credential: sealed('Lina') }), 'is not JSON'],
    ['without the numbers', issued({ birthCertificateNumber: 'B-1' }), 'mosip.ids'],
    ['to be fetched', delivery({}, { event: { dataShareUri: 'http://169.254.169.254/' } }), 'data share'],
    ['of another topic', issued(SUBJECT, { topic: 'other/CREDENTIAL_ISSUED' }), 'mosip.topics'],
  ])('%s is refused with the reason', async (_case, body, reason) => {
    const answer = await post(body);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expect(answer.text).toContain(reason);
    expect(withoutRandom(answer.text + face.log.text())).not.toMatch(/Lina|4915|0372|1186|169\.254/);
    expect(await shared.inbox.list({})).toEqual([]);
  });

  it.each([
    ['no signature', () => ({ 'content-type': 'application/json' }), 'err.signature.missing'],
    [
      'another secret',
      (body: string) => signature(body, 'another-secret-altogether'),
      'err.signature.invalid',
    ],
    ['the signature of another body', (body: string) => signature(`${body} `), 'err.signature.invalid'],
  ])('with %s is refused', async (_case, headers, code) => {
    const body = issued(SUBJECT);
    const answer = await face.post(PATH, body, headers(body) as Record<string, string>);
    expect(answer).toMatchObject({ status: 401, json: { message: { error: { code } } } });
    expect(await shared.inbox.list({})).toEqual([]);
  });

  it('may be signed and encrypted with what is being replaced', async () => {
    const both = await open({
      secrets: ['the-new-secret-of-the-hub', SECRET],
      keys: partnerKeys(`${pemOf(OTHER_PARTNER.privateKey)}\n${pemOf(PARTNER.privateKey)}`),
    });
    expect((await post(issued(SUBJECT), undefined, both)).status).toBe(202);
    const body = issued(SUBJECT, {}, { publicKey: OTHER_PARTNER.publicKey });
    expect((await post(body, signature(body, 'the-new-secret-of-the-hub'), both)).status).toBe(202);
  });

  it('asks for the key where there is none', async () => {
    const answer = await post(issued(SUBJECT), undefined, await open({ keys: [] }));
    expect(answer.status).toBe(400);
    expect(answer.text).toContain('MOSIP_PARTNER_KEY');
  });

  it('is opened to the letter', () => {
    expect(decryptCredential(sealed('żółw'), [PARTNER.privateKey]).toString()).toBe('żółw');
    const padded = Buffer.from(sealed('x'), 'base64url').toString('base64');
    expect(decryptCredential(padded, [PARTNER.privateKey]).toString()).toBe('x');
  });
});

/** The shape that newer releases of OpenCRVS's integration receive: the subject's `id` ends with the transaction. */
describe('a credential without a registration number', () => {
  const TRANSACTION = '2026BWBNOBP';
  const subject = (transaction = TRANSACTION) => ({
    id: `http://credential.idrepo/credentials/${transaction}`,
    UIN: '4915 0372 1186',
  });

  it.each([
    ['the end of its subject’s id', issued(subject()), [TRANSACTION]],
    [
      'the transaction of the delivery',
      issued(subject('x'), { event: { transactionId: TRANSACTION } }),
      [TRANSACTION, 'x'],
    ],
    [
      'its registration at MOSIP',
      delivery({ credential: credential(subject('x')), registrationId: TRANSACTION }),
      ['x', TRANSACTION],
    ],
  ])('is kept with its transaction: %s', async (_what, body, numbers) => {
    expect((await post(body)).status).toBe(202);
    const event = await kept();
    expect(event?.identifiers).toEqual([{ type: 'UIN', value: '4915 0372 1186' }]);
    const change = readIdentityChange(keptContent(event?.body ?? '').message);
    expect(change.transaction).toEqual({
      numbers: expect.arrayContaining(numbers),
      personTypes: Object.keys(SETTINGS.person),
    });
    // The same delivery says nothing new.
    expect((await post(body)).status).toBe(202);
    expect(await shared.inbox.list({ type: 'identity' })).toHaveLength(1);
  });

  it.each([
    [
      'transaction',
      delivery(
        {
          credential: JSON.stringify({ credentialSubject: { UIN: '4915 0372 1186' } }),
          registrationId: null,
        },
        { event: { transactionId: null } },
      ),
    ],
    ['number to store', issued({ id: subject().id })],
  ])('and without a %s is counted and warned of', async (_what, body) => {
    let counted = 0;
    const signals = { ...NO_SIGNALS, mosipUncorrelated: () => (counted += 1) };
    const opened = await openFace({}, { inbox: shared.inbox });
    addMosipRoutes(opened.app, SETTINGS, { ...opened.parts, signals });
    expect((await post(body, undefined, opened)).status).toBe(200);
    expect(counted).toBe(1);
    expect(await shared.inbox.list({ type: 'identity' })).toEqual([]);
    expect(opened.log.entries()).toContainEqual(
      expect.objectContaining({ level: 'warn', msg: expect.stringContaining('nobody gets its number') }),
    );
    expect(withoutRandom(opened.log.text())).not.toMatch(/BWBNOBP|4915|0372|1186/);
  });

  it.each([
    ['1992/04/29', '1992-04-29'],
    ['1992-04-29', '1992-04-29'],
    ['1992', undefined],
    ['29/04/1992', undefined],
  ])('keeps the date of birth %s, and nothing else of its person', async (dateOfBirth, bornOn) => {
    const telling = { id: 'one', event: { transactionId: 'T-1' } };
    const body = issued({ ...subject(), dateOfBirth, gender: 'female' }, telling);
    expect((await post(body)).status).toBe(202);
    const event = await kept();
    const change = readIdentityChange(keptContent(event?.body ?? '').message);
    expect(change.bornOn).toBe(bornOn);
    expect(event?.body).not.toMatch(/female|Achterberg/);
    // A release that kept no date of birth gave the same delivery the same digest.
    expect((await post(issued(subject(), telling))).status).toBe(202);
    expect(await shared.inbox.list({ type: 'identity' })).toHaveLength(1);
  });

  it('waits for its birth where the transaction is named as its number', async () => {
    const own = await open({ person: { BRN: ['credential.id'] } });
    await post(issued(subject()), undefined, own);
    expect((await kept())?.identifiers[0]).toEqual({ type: 'BRN', value: TRANSACTION });
  });
});

describe('the hub’s question', () => {
  const ask = (query: Record<string, string>, on = face) => on.get(`${PATH}?${new URLSearchParams(query)}`);
  const meant = {
    'hub.mode': 'subscribe',
    'hub.topic': ISSUED,
    'hub.challenge': '<b>7f3e</b>',
    'hub.lease_seconds': '864000',
  };

  it('is answered with the challenge, as text', async () => {
    const answer = await ask(meant);
    expect(answer).toMatchObject({ status: 200, text: '<b>7f3e</b>' });
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain/);
  });

  it.each([
    ['another topic', { ...meant, 'hub.topic': 'other/CREDENTIAL_ISSUED' }, 404],
    ['the end of a subscription that is wanted', { ...meant, 'hub.mode': 'unsubscribe' }, 404],
    ['no mode', { 'hub.challenge': 'x' }, 404],
    ['no challenge', { ...meant, 'hub.challenge': '' }, 400],
  ])('for %s is not', async (_case, query, status) => {
    expect((await ask(query)).status).toBe(status);
  });

  it('for the end of one that is not wanted any more is', async () => {
    const answer = await ask({ ...meant, 'hub.mode': 'unsubscribe', 'hub.topic': 'openspp/GONE' });
    expect(answer).toMatchObject({ status: 200, text: '<b>7f3e</b>' });
    expect((await ask({ 'hub.mode': 'denied', 'hub.topic': ISSUED })).status).toBe(200);
  });

  it('and everything else is refused with a clear sentence where nothing is configured', async () => {
    const closed = await open({ secrets: [] });
    for (const answer of [await ask(meant, closed), await post(issued(SUBJECT), undefined, closed)]) {
      expect(answer.status).toBe(403);
      expect(answer.text).toContain('MOSIP_SECRET');
    }
    expect((await face.send(PATH, { method: 'DELETE' })).status).toBe(405);
  });
});

describe('the settings', () => {
  const problem = (over: Partial<z.input<typeof mosipSchema>>) => {
    const { error } = mosipSchema.safeParse({
      secret: SECRET,
      previous_secret: null,
      topics: [ISSUED],
      partner_key: null,
      source: 'MOSIP',
      birth_date: [],
      person: { BRN: ['credential.brn'] },
      ids: { UIN: ['credential.UIN'] },
      max_body_bytes: 1,
      hub_url: null,
      callback_url: null,
      token_url: null,
      client_id: null,
      client_secret: null,
      ...over,
    });
    const [issue] = error?.issues ?? [];
    return issue ? `${issue.path.join('.')}: ${issue.message}` : null;
  };

  it('are checked together', () => {
    const pem = pemOf(PARTNER.privateKey);
    expect(problem({})).toBeNull();
    expect(problem({ secret: null, topics: [] })).toBeNull();
    expect(problem({ partner_key: pem })).toBeNull();
    expect(problem({ secret: null })).toMatch(/^topics: .*MOSIP_SECRET/);
    expect(problem({ topics: [] })).toMatch(/^topics: /);
    expect(problem({ ids: {} })).toMatch(/^ids: /);
    expect(problem({ hub_url: 'https://hub.example' })).toMatch(/^callback_url: .*mosip\.hub_url/);
    expect(problem({ token_url: 'https://iam.example', client_id: 'x' })).toMatch(/MOSIP_CLIENT_SECRET/);
    expect(problem({ partner_key: 'no key' })).toMatch(/^partner_key: /);
    expect(problem({ partner_key: pem.replace(/\n.{20}/, '\nxxxx') })).toMatch(/^partner_key: /);
  });

  it('name their variable where one is wrong', () => {
    const mosip = { secret: SECRET, topics: [ISSUED] };
    expect(() => settingsWith({ mosip }, { MOSIP_PARTNER_KEY: 'no key' })).toThrow(
      'mosip.partner_key (MOSIP_PARTNER_KEY)',
    );
  });
});
