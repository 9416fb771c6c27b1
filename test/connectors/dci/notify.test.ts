import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { EventStatus } from '../../../src/inbox/inbox.ts';
import {
  DEATH,
  envelope,
  type Face,
  HEADER,
  NOW,
  openFace,
  PRIVATE,
  SEARCH_ANSWER,
  SENDER_ID,
  SPDCI_DEATH,
  signedByAnother,
  UUID,
  withHeader,
} from '../../http/support.ts';
import { settled, sharedInbox } from '../../inbox/support.ts';

const CRVS = ['/crvs', '/dci_api/v1/crvs'];
const NOTIFY = ['/registry/notify', '/dci_api/v1/registry/notify'];
const CALLBACKS = ['on-search', 'on-subscribe', 'on-unsubscribe', 'txn/on-status'].flatMap((name) => [
  `/registry/${name}`,
  `/dci_api/v1/registry/${name}`,
]);

const shared = sharedInbox();
let face: Face;
beforeEach(async () => {
  face = await openFace({}, { inbox: shared.inbox });
});

/** The only event in the inbox, whole. */
async function onlyEvent() {
  const listed = await face.inbox.list({});
  expect(listed).toHaveLength(1);
  return face.inbox.show(listed[0]?.id ?? 0);
}

const ACK = {
  message: {
    ack_status: 'ACK',
    timestamp: new Date(NOW * 1000).toISOString(),
    correlation_id: expect.stringMatching(UUID),
  },
};

describe('a notification', () => {
  it.each(CRVS)('on %s gets OpenSPP’s answer once it is committed', async (path) => {
    const body = await envelope();
    const answer = await face.post(path, body);
    expect(answer.status).toBe(202);
    expect(answer.json).toEqual({ status: 'success', message: 'CRVS notification received', event_id: null });
    expect(await onlyEvent()).toMatchObject({
      state: 'waiting',
      type: 'death',
      date: '2024-12-01',
      identifiers: DEATH.identifiers,
      senderId: SENDER_ID,
      messageId: 'msg-1',
      action: 'notify',
      dialect: 'openspp',
      kid: `${SENDER_ID}|key-1|ed25519`,
      receivedAt: NOW * 1000,
      body,
    });
  });

  it.each(NOTIFY)('on %s gets the SPDCI acknowledgement', async (path) => {
    const answer = await face.post(path, await envelope(SPDCI_DEATH));
    expect(answer.status).toBe(202);
    expect(answer.json).toEqual(ACK);
    const event = await onlyEvent();
    expect(event).toMatchObject({ type: 'death', dialect: 'spdci' });
    expect(event?.correlationId).toBe(answer.json.message.correlation_id);
  });

  it.each([
    ['/crvs', SPDCI_DEATH, 'spdci'],
    ['/registry/notify', DEATH, 'openspp'],
  ])('on %s may be in the other dialect', async (path, message, dialect) => {
    expect((await face.post(path, await envelope(message))).status).toBe(202);
    expect(await onlyEvent()).toMatchObject({ type: 'death', dialect });
  });

  it('makes one event for each person and record', async () => {
    const [first] = SPDCI_DEATH.notify_event;
    const records = [1, 2, 3].map((n) => ({
      identifier: { identifier_type: 'UIN', identifier_value: `N-${n}` },
      birth_date: '2024-01-01',
    }));
    const message = {
      notify_event: [first, { data: { reg_event_type: 'Birth', reg_records: records } }],
    };
    await face.post('/registry/notify', await envelope(message));
    const types = (await face.inbox.list({})).map(({ type }) => type);
    expect(types.sort()).toEqual(['birth', 'birth', 'birth', 'death']);
  });

  it('of no records is acknowledged and makes no event', async () => {
    const message = { notify_event: [{ data: { reg_records: [] } }] };
    for (const [path, id] of [
      ['/registry/notify', 'msg-1'],
      ['/crvs', 'msg-2'],
    ] as const) {
      const answer = await face.post(path, await withHeader({ message_id: id }, message), {
        prefer: 'wait=10',
      });
      expect(answer.status).toBe(202);
      if (path === '/crvs') expect(answer.json.event_id).toBeNull();
    }
    expect(await face.inbox.list({})).toEqual([]);
  });

  it.each([
    ['JSON', { 'content-type': 'application/json' }],
    ['JSON with a charset', { 'content-type': 'application/json; charset=UTF-8' }],
    ['JSON in capitals', { 'content-type': 'Application/JSON' }],
    ['another JSON', { 'content-type': 'application/ld+json' }],
    ['text/plain, as OpenCRVS does', { 'content-type': 'text/plain' }],
    ['text/plain with a charset', { 'content-type': 'text/plain;charset=UTF-8' }],
    ['nothing', {}],
  ])('labelled %s is taken', async (_what, headers) => {
    // Bytes, since a text gets a label by itself.
    const body = new TextEncoder().encode(await envelope());
    expect((await face.post('/crvs', body, headers)).status).toBe(202);
  });

  it('signed as a JWS is taken', async () => {
    expect((await face.post('/crvs', await envelope(DEATH, { form: 'jws' }))).status).toBe(202);
    expect(await onlyEvent()).toMatchObject({ kid: 'key-1' });
  });

  it('that starts with a byte order mark is taken', async () => {
    expect((await face.post('/crvs', `\ufeff${await envelope()}`)).status).toBe(202);
  });

  it('keeps its numbers and its scripts', async () => {
    const body = (await envelope({ ...DEATH, person: { name: 'አበበ 😀' } })).replace(
      '"total_count":1',
      '"total_count":1',
    );
    await face.post('/crvs', body);
    expect((await onlyEvent())?.body).toBe(body);
  });
});

describe('a repeated message', () => {
  it('gets the same acknowledgement, and makes nothing twice', async () => {
    const body = await envelope(SPDCI_DEATH);
    const first = await face.post('/registry/notify', body);
    face.now += 3_600_000 / 60;
    const second = await face.post('/registry/notify', body);
    expect([second.status, second.json]).toEqual([first.status, first.json]);
    expect(await face.inbox.list({})).toHaveLength(1);
  });

  it('may be signed again, with a new time of sending', async () => {
    const first = await face.post('/registry/notify', await envelope());
    face.now += 60_000;
    const again = await envelope(DEATH, {
      header: { ...HEADER, message_ts: '2025-11-24T16:01:00Z' },
      created: NOW + 60,
    });
    const second = await face.post('/registry/notify', again);
    expect([second.status, second.json]).toEqual([first.status, first.json]);
  });

  it('many times at once is one', async () => {
    const body = await envelope(SPDCI_DEATH);
    const answers = await Promise.all(Array.from({ length: 20 }, () => face.post('/registry/notify', body)));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(await face.inbox.list({})).toHaveLength(1);
  });

  it('gives OpenSPP’s event_id once that is known', async () => {
    const body = await envelope();
    await face.post('/crvs', body);
    const [event] = await face.inbox.claim(1, face.now);
    await face.inbox.settle([settled(event?.id ?? 0, { odooEventId: 42 })], face.now);
    expect((await face.post('/crvs', body)).json).toMatchObject({ status: 'success', event_id: 42 });
  });

  it('with another content is a conflict, and the first one stays', async () => {
    await face.post('/crvs', await envelope());
    for (const body of [
      await envelope({ ...DEATH, event_date: '2024-12-02' }),
      await envelope({ ...DEATH, person: { name: 'another' } }),
      await envelope(SPDCI_DEATH),
    ]) {
      const answer = await face.post('/crvs', body);
      expect(answer.status).toBe(409);
      expect(answer.json.message.error).toEqual({
        code: 'err.request.bad',
        message: expect.stringContaining('header.message_id'),
      });
    }
    expect(await onlyEvent()).toMatchObject({ date: '2024-12-01' });
  });
});

describe('Prefer: wait', () => {
  /** Posts; settles the events as soon as they are in the inbox. */
  async function postAndSettle(path: string, body: string, outcome: (at: number) => Partial<EventStatus>) {
    const committed = new Promise<void>((resolve) => {
      onTestFinished(face.inbox.onWaiting(resolve));
    });
    const answering = face.post(path, body, { prefer: 'wait=20' });
    await committed;
    const claimed = await face.inbox.claim(10, face.now);
    await face.inbox.settle(
      claimed.map(({ id }, at) => settled(id, { odooEventId: 40 + at, ...outcome(at) } as object)),
      face.now,
    );
    return answering;
  }

  it('holds OpenSPP’s answer until the event is settled', async () => {
    const answer = await postAndSettle('/crvs', await envelope(), () => ({}));
    expect(answer.status).toBe(200);
    expect(answer.headers.get('preference-applied')).toBe('wait=20');
    expect(answer.json).toEqual({
      status: 'success',
      message: 'CRVS notification received and processed',
      event_id: 40,
      state: 'processed',
    });
  });

  it('holds the SPDCI acknowledgement', async () => {
    const answer = await postAndSettle('/registry/notify', await envelope(), () => ({}));
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual({ ...ACK, event_id: 40, state: 'processed' });
  });

  it('reports an error without its words', async () => {
    const answer = await postAndSettle('/crvs', await envelope(), () => ({
      outcome: 'error',
      errorMessage: `about ${PRIVATE.name}`,
    }));
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({ status: 'success', event_id: 40, state: 'error' });
    expect(answer.json.message).not.toContain('and processed');
    expect(answer.text).not.toContain(PRIVATE.name);
  });

  it('reports each event where there are several', async () => {
    const [first] = SPDCI_DEATH.notify_event;
    const body = await envelope({ notify_event: [first, first] });
    const answer = await postAndSettle('/registry/notify', body, (at) =>
      at === 1 ? { outcome: 'error', odooEventId: null } : {},
    );
    expect(answer.json).toEqual({
      ...ACK,
      event_id: 40,
      state: 'error',
      events: [
        { event_id: 40, state: 'processed' },
        { event_id: null, state: 'error' },
      ],
    });
  });

  it('answers a repeated message at once where it is settled', async () => {
    const body = await envelope();
    await postAndSettle('/crvs', body, () => ({}));
    const again = await face.post('/crvs', body, { prefer: 'wait=30' });
    expect([again.status, again.json.event_id]).toEqual([200, 40]);
  });

  it.each([undefined, 'wait=0', 'respond-async', 'wait=soon'])('waits not at all for %j', async (prefer) => {
    const answer = await face.post('/crvs', await envelope(), prefer === undefined ? {} : { prefer });
    expect(answer.status).toBe(202);
    expect(answer.headers.has('preference-applied')).toBe(false);
  });

  it('is over when the time is', async () => {
    const answer = await face.post('/crvs', await envelope(), { prefer: 'wait=1' });
    expect([answer.status, answer.json.event_id]).toEqual([202, null]);
  });

  it('is over when the bridge stops, or the client leaves', async () => {
    for (const [id, end] of [
      ['msg-1', (leave: AbortController) => leave.abort()],
      ['msg-2', () => face.stopping.abort()],
    ] as const) {
      const leave = new AbortController();
      const body = await withHeader({ message_id: id });
      const committed = new Promise<void>((resolve) => {
        onTestFinished(face.inbox.onWaiting(resolve));
      });
      const request = new Request('http://bridge/crvs', {
        method: 'POST',
        body,
        headers: { prefer: 'wait=30' },
        signal: leave.signal,
      });
      const answering = face.app.request(request);
      await committed;
      end(leave);
      expect((await answering).status).toBe(202);
    }
  });
});

describe('an answer to our own call', () => {
  it.each(CALLBACKS)('on %s is kept, and acknowledged', async (path) => {
    const header = { ...HEADER, action: path.split('/').at(-1) ?? '', status: 'succ', completed_count: 1 };
    const body = await envelope(SEARCH_ANSWER, { header });
    const first = await face.post(path, body, { 'content-type': 'text/plain' });
    expect([first.status, first.json]).toEqual([202, ACK]);
    expect(await face.inbox.list({})).toEqual([]);
    expect((await face.post(path, body)).json).toEqual(first.json);
  });

  it('is verified like any other', async () => {
    const unsigned = await face.post('/registry/on-search', await envelope(SEARCH_ANSWER, { form: null }));
    expect([unsigned.status, unsigned.json.message.error.code]).toEqual([401, 'err.signature.missing']);
    const forged = await face.post('/registry/on-search', await signedByAnother(SEARCH_ANSWER));
    expect([forged.status, forged.json.message.error.code]).toEqual([401, 'err.signature.invalid']);
  });
});

describe('unsigned messages', () => {
  it('are taken from anybody where the operator allows them', async () => {
    face = await openFace({ allowUnsigned: true }, { inbox: shared.inbox });
    const stranger = { ...HEADER, sender_id: 'crvs.unheard.of' };
    for (const [position, signature] of [undefined, null, '', 'unsigned', 'unsigned-stub'].entries()) {
      const header = { ...stranger, message_id: `m-${position}` };
      const body = JSON.stringify({ signature, header, message: DEATH });
      expect((await face.post('/crvs', body)).status, String(signature)).toBe(202);
    }
    const [newest] = await face.inbox.list({});
    expect(await face.inbox.show(newest?.id ?? 0)).toMatchObject({ kid: null, senderId: 'crvs.unheard.of' });
  });

  it('being allowed does not make a wrong signature right', async () => {
    face = await openFace({ allowUnsigned: true }, { inbox: shared.inbox });
    expect((await face.post('/crvs', await signedByAnother())).status).toBe(401);
    const stranger = await withHeader({ sender_id: 'crvs.unheard.of' });
    expect((await face.post('/crvs', stranger)).json.message.error.code).toBe('err.sender_id.invalid');
    expect(await face.inbox.list({})).toEqual([]);
  });
});
