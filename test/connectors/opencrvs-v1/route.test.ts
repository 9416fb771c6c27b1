import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { openFace } from '../../http/support.ts';
import { bundle, payload, RELEASES, type RecordTold } from './bundles.ts';

const SECRET = 'sha-secret-of-the-client';
const NEXT = 'sha-secret-that-comes-next';
const PATH = '/opencrvs/webhook';
const BIRTH: RecordTold = { type: 'birth', date: '2020-02-29', number: '2020BABC123', nationalId: null };

/** As `createRequestSignature` of OpenCRVS's webhooks service makes it. */
function signed(body: string, secret = SECRET): Record<string, string> {
  const hmac = createHmac('sha256', secret).update(`sha256:${encodeURIComponent(body)}`);
  return { 'content-type': 'application/json', 'x-hub-signature': `sha256=${hmac.digest('hex')}` };
}

const open = (secrets = [SECRET, NEXT]) => openFace({ webhooks: { senderId: 'opencrvs', secrets } });
const born = (told = BIRTH, timestamp?: string) =>
  JSON.stringify(payload('BIRTH_REGISTERED', bundle(told, RELEASES['1.9']), timestamp));

describe('the check of a subscription', () => {
  const ask = (query: Record<string, string>) => `${PATH}?${new URLSearchParams(query)}`;
  const asked = { mode: 'subscribe', challenge: 'q1+/zA==', topic: 'BIRTH_REGISTERED' };

  it('gets its challenge back', async () => {
    const face = await open();
    const answer = await face.get(ask(asked));
    expect([answer.status, answer.json]).toEqual([200, { challenge: asked.challenge }]);
  });

  it('says what is wrong with it', async () => {
    const face = await open();
    for (const [over, reason] of [
      [{ mode: 'unsubscribe' }, 'mode'],
      [{ topic: 'EVERYTHING' }, 'topic'],
      [{ challenge: '' }, 'challenge'],
    ] as const) {
      const answer = await face.get(ask({ ...asked, ...over }));
      expect(answer.status).toBe(400);
      expect(answer.json.message.error.message).toMatch(new RegExp(`^${reason}`));
    }
  });
});

describe('a webhook', () => {
  it('is one event, however often it is posted, and by whichever subscription', async () => {
    const face = await open();
    const body = born();
    const answers = [];
    for (let post = 0; post < 3; post += 1) answers.push(await face.post(PATH, body, signed(body)));
    const other = born(BIRTH, '2025-11-24T15:59:30.000Z').replace('"w-1"', '"w-2"');
    answers.push(await face.post(PATH, other, signed(other, NEXT)));
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202]);
    expect(new Set(answers.map(({ json }) => json.message.correlation_id)).size).toBe(1);
    const events = await face.inbox.list({});
    expect(events).toMatchObject([{ type: 'birth', date: '2020-02-29', senderId: 'opencrvs' }]);
    const kept = await face.inbox.show(events[0]?.id ?? 0);
    expect(kept?.dialect).toBe('opencrvs-webhook');
    expect(JSON.parse(kept?.body ?? '')).toMatchObject({
      header: { action: 'notify', sender_id: 'opencrvs', message_ts: '2025-11-24T15:59:00.000Z' },
      message: JSON.parse(body),
    });
  });

  it('about another record is another event', async () => {
    const face = await open();
    for (const number of ['2020B1', '2020B2']) {
      const body = born({ ...BIRTH, number });
      await face.post(PATH, body, signed(body));
    }
    expect(await face.inbox.list({})).toHaveLength(2);
  });

  it('with letters of any script is signed as it is sent', async () => {
    const face = await open();
    const body = born().replaceAll('Owusu', "አበበ 😀 'é");
    expect((await face.post(PATH, body, signed(body))).status).toBe(202);
    const plain = `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`;
    expect((await face.post(PATH, body, { 'x-hub-signature': plain })).status).toBe(202);
  });

  it('whose signature is missing, of another form or wrong is refused before it is read', async () => {
    const face = await open();
    for (const [headers, code, word] of [
      [{}, 'err.signature.missing', 'missing'],
      [{ 'x-hub-signature': 'sha1=00' }, 'err.signature.invalid', '64 hexadecimal'],
      [signed('{"n": 1}', 'another secret'), 'err.signature.invalid', 'does not fit'],
      [signed(born()), 'err.signature.invalid', 'does not fit'],
    ] as const) {
      const answer = await face.post(PATH, '{"n": 1}', headers);
      expect(answer.status).toBe(401);
      expect(answer.json.message.error).toMatchObject({ code, message: expect.stringContaining(word) });
    }
    expect(await face.inbox.list({})).toEqual([]);
  });

  it('that is none, or does not say who is meant, is refused with the reason, also in the log', async () => {
    const face = await open();
    const withheld = JSON.stringify(
      payload('BIRTH_REGISTERED', bundle(BIRTH, RELEASES['1.9'], ['mother-details'])),
    );
    for (const [body, word] of [
      ['{', 'JSON'],
      ['[]', 'event.hub'],
      [withheld, 'permission'],
    ] as const) {
      const answer = await face.post(PATH, body, signed(body));
      expect(answer.status).toBe(400);
      expect(answer.json.message.error.message).toContain(word);
      expect(answer.text).not.toContain(BIRTH.number);
    }
    expect(JSON.stringify(face.log)).not.toContain(BIRTH.number);
    expect(await face.inbox.list({})).toEqual([]);
  });

  it('of another topic is acknowledged, and has no event', async () => {
    const face = await open();
    const body = JSON.stringify(payload('MARRIAGE_REGISTERED', bundle(BIRTH, RELEASES['1.9'])));
    expect((await face.post(PATH, body, signed(body))).status).toBe(202);
    expect(await face.inbox.list({})).toEqual([]);
  });
});

describe('the route', () => {
  it('is closed where no secret is set', async () => {
    const face = await open([]);
    const body = born();
    for (const answer of [
      await face.get(`${PATH}?mode=subscribe`),
      await face.post(PATH, body, signed(body)),
      await face.post(PATH, body, signed(body, '')),
    ]) {
      expect(answer.status).toBe(404);
      expect(answer.json.message.error.message).toContain('opencrvs_webhooks.secrets');
    }
  });

  it('takes nothing but GET and POST', async () => {
    const face = await open();
    expect((await face.send(PATH, { method: 'PUT' })).status).toBe(405);
  });
});
