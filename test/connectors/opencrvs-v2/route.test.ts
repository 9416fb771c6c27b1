import { createHmac } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  addOpencrvsEventRoutes,
  type OpencrvsEventSettings,
} from '../../../src/connectors/opencrvs-v2/routes.ts';
import type { IntakeSettings } from '../../../src/intake/intake.ts';
import { type Face, openFace, SHARED } from '../../http/support.ts';
import { sharedInbox } from '../../inbox/support.ts';
import { action, BIRTH, eventDocument, FORMS } from './documents.ts';

const SECRET = 'a-secret-of-the-countryconfig';
const TOKEN = 'a-token-of-the-countryconfig';
const JSON_TYPE = { 'content-type': 'application/json' };
const signed = (body: string, secret = SECRET, method = 'sha256') => ({
  ...JSON_TYPE,
  'x-hub-signature': `${method}=${createHmac(method.toLowerCase(), secret).update(body).digest('hex')}`,
});
const bearer = (token = TOKEN) => ({ ...JSON_TYPE, authorization: `Bearer ${token}` });
const BODY = JSON.stringify(
  eventDocument('birth', [
    action('DECLARE', { declaration: BIRTH }),
    action('REGISTER', { id: 'register', registrationNumber: 'B1RTH0000001' }),
  ]),
);
const UNREGISTERED = JSON.stringify(eventDocument('birth', [action('DECLARE', { declaration: BIRTH })]));

const shared = sharedInbox();
let face: Face;

async function open(over: Partial<OpencrvsEventSettings & IntakeSettings> = {}): Promise<Face> {
  const opened = await openFace({}, { inbox: shared.inbox });
  addOpencrvsEventRoutes(
    opened.app,
    { ...SHARED, secret: SECRET, token: TOKEN, source: 'OpenCRVS', forms: FORMS, ...over },
    opened.parts,
  );
  return opened;
}
beforeEach(async () => {
  face = await open();
});

describe('POST /opencrvs/events', () => {
  it.each([
    ['a signature', () => signed(BODY), 'hmac'],
    ['a signature in capitals', () => signed(BODY, SECRET, 'SHA256'), 'hmac'],
    ['a token', () => bearer(), 'bearer'],
  ])('commits a document with %s', async (_case, headers, kid) => {
    const answer = await face.post('/opencrvs/events', BODY, headers());
    expect(answer.status).toBe(202);
    expect(answer.json.message).toMatchObject({ ack_status: 'ACK' });
    const [event] = await shared.inbox.list({});
    const details = await shared.inbox.show(event?.id ?? 0);
    expect(details).toMatchObject({
      type: 'birth',
      date: '2025-02-20',
      senderId: 'OpenCRVS',
      messageId: 'event-1:register',
      dialect: 'opencrvs2',
      kid,
      identifiers: [{ type: 'BRN', value: 'B1RTH0000001' }],
    });
    expect(details?.body).not.toContain('7600000001');
  });

  it('knows a document that comes three times as one event', async () => {
    for (let times = 0; times < 3; times += 1) {
      expect((await face.post('/opencrvs/events', BODY, bearer())).status).toBe(202);
    }
    expect(await shared.inbox.list({})).toHaveLength(1);
  });

  it('refuses another document under the ids of one that is kept, and takes one with later actions as a repeat', async () => {
    const createdAt = '2025-04-01T08:00:00.000Z';
    const registered = (number: string, more: object[] = []) =>
      JSON.stringify(
        eventDocument('birth', [
          action('DECLARE', { declaration: BIRTH }),
          action('REGISTER', { id: 'register', registrationNumber: number, createdAt }),
          ...more,
        ]),
      );
    expect((await face.post('/opencrvs/events', registered('B1RTH0000001'), bearer())).status).toBe(202);
    const later = registered('B1RTH0000001', [
      action('PRINT_CERTIFICATE', { id: 'printed', createdAt: '2025-05-01T08:00:00.000Z' }),
    ]);
    expect((await face.post('/opencrvs/events', later, bearer())).status).toBe(202);
    const other = await face.post('/opencrvs/events', registered('B1RTH0000002'), bearer());
    expect(other).toMatchObject({ status: 409, json: { message: { error: { code: 'err.request.bad' } } } });
    expect(await shared.inbox.list({})).toHaveLength(1);
  });

  it('acknowledges what is no registration, without an event', async () => {
    const answer = await face.post('/opencrvs/events', UNREGISTERED, bearer());
    expect(answer.status).toBe(200);
    expect(answer.json.message).toMatchObject({ ack_status: 'ACK' });
    expect(await shared.inbox.list({})).toEqual([]);
  });

  it('warns of a registration that no form is for, unless its type is dropped', async () => {
    const dropping = await open({ dropped: new Set(['adoption']) });
    const send = (type: string, on: Face) =>
      on.post('/opencrvs/events', BODY.replace('"type":"birth"', `"type":"${type}"`), bearer());
    for (const type of ['naissance', 'Lina 123456', 'adoption']) {
      expect((await send(type, dropping)).status).toBe(200);
    }
    const warned = dropping.log
      .entries()
      .filter(({ msg }) => String(msg).includes('has no form for its type'));
    expect(warned.map(({ type }) => type)).toEqual(['naissance', undefined]);
    expect(
      (await face.post('/opencrvs/events', UNREGISTERED.replace('"birth"', '"x"'), bearer())).status,
    ).toBe(200);
    expect(face.log.entries()).toEqual([]);
  });

  it.each([
    ['no proof', JSON_TYPE, 'err.signature.missing'],
    ['another secret', signed(BODY, 'another-secret-altogether'), 'err.signature.invalid'],
    ['the signature of another body', signed(`${BODY} `), 'err.signature.invalid'],
    ['a weak method', signed(BODY, SECRET, 'sha1'), 'err.signature.invalid'],
    ['another token', bearer('another-token-altogether'), 'err.signature.invalid'],
  ])('refuses %s', async (_case, headers, code) => {
    const answer = await face.post('/opencrvs/events', BODY, headers);
    expect(answer).toMatchObject({ status: 401, json: { message: { error: { code } } } });
    expect(await shared.inbox.list({})).toEqual([]);
    expect(face.log.text()).not.toContain('Lina');
  });

  it('does not take a token as proof where only signatures are, nor the other way about', async () => {
    const signatures = await open({ token: null });
    expect((await signatures.post('/opencrvs/events', BODY, bearer())).status).toBe(401);
    const tokens = await open({ secret: null });
    expect((await tokens.post('/opencrvs/events', BODY, signed(BODY))).status).toBe(401);
  });

  it('is closed with a clear sentence where neither is set', async () => {
    const closed = await open({ secret: null, token: null });
    const answer = await closed.post('/opencrvs/events', BODY, bearer());
    expect(answer.status).toBe(403);
    expect(answer.text).toContain('OPENCRVS_EVENTS_SECRET');
  });

  it('takes POST, JSON and no more than the limit', async () => {
    expect((await face.get('/opencrvs/events')).status).toBe(405);
    expect((await face.post('/opencrvs/events', '{"id": 1', bearer())).status).toBe(400);
    const small = await open({ maxBodyBytes: 100 });
    expect((await small.post('/opencrvs/events', BODY, bearer())).status).toBe(413);
  });
});
