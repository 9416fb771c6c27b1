import { beforeEach, describe, expect, it } from 'vitest';
import {
  ADMIN_TOKEN,
  type Answer,
  DEATH,
  envelope,
  type Face,
  HEADER,
  NOW,
  openFace,
  PRIVATE,
  PUBLIC_PEM,
  SENDER_ID,
  SPDCI_DEATH,
  signedByAnother,
  UUID,
  withHeader,
} from '../../http/support.ts';
import { sharedInbox } from '../../inbox/support.ts';

const shared = sharedInbox();
let face: Face;
beforeEach(async () => {
  face = await openFace({}, { inbox: shared.inbox });
});

/** What is in a refused message and must not come back, nor be logged. */
const SECRETS = [
  ...Object.values(PRIVATE),
  'SECRET',
  SENDER_ID,
  PUBLIC_PEM.split('\n')[1] ?? '',
  ADMIN_TOKEN,
];

/** Checks what every error has: its status, SPDCI's shape, the code, the field; and nothing of what was sent. */
async function expectRefusal(answer: Answer, status: number, code: string, field = ''): Promise<void> {
  expect(answer.status).toBe(status);
  expect(answer.headers.get('content-type')).toContain('application/json');
  expect(answer.json).toEqual({
    message: {
      ack_status: 'ERR',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      correlation_id: expect.stringMatching(UUID),
      error: { code, message: expect.stringMatching(/\S/) },
    },
  });
  expect(answer.json.message.error.message).toContain(field);
  expect(answer.json.message.error.message.length).toBeLessThan(1000);
  for (const secret of SECRETS) expect(answer.text).not.toContain(secret);
  expect(answer.text).not.toMatch(/\bat .*[.:]ts|node_modules|node:|src\//);
  expect(await face.inbox.list({}), 'nothing was committed').toEqual([]);
  // The same id is in the log, where an operator looks for it.
  expect(face.log.text()).toContain(answer.json.message.correlation_id);
}

const json = (value: unknown) => JSON.stringify(value);
const [SPDCI_EVENT] = SPDCI_DEATH.notify_event;
const spdci = (data: object) => ({ notify_event: [{ data: { ...SPDCI_EVENT?.data, ...data } }] });
const DATA = 'message.notify_event[0].data';

describe('400', () => {
  it.each([
    ['nothing', '', ''],
    ['no JSON', 'SECRET', ''],
    ['JSON cut short', '{"header": {"message_id": "SECRET', ''],
    ['a list', '["SECRET"]', 'header'],
    ['text', '"SECRET"', ''],
    ['null', 'null', ''],
    ['an empty object', '{}', 'header'],
    ['no message', json({ signature: 'x', header: HEADER }), 'message'],
    ['a message that is text', json({ signature: 'x', header: HEADER, message: 'SECRET' }), 'message'],
    ['a header that is a list', json({ signature: 'x', header: ['SECRET'], message: {} }), 'header'],
    ['a signature that is a number', json({ signature: 7, header: HEADER, message: {} }), 'signature'],
    ['NaN', '{"header": {}, "message": NaN}', ''],
    [
      'a key twice',
      '{"header": {"message_id": "SECRET", "message_id": "SECRET2"}, "message": {}}',
      'header.message_id',
    ],
    [
      'a key twice, in the message',
      `{"header": ${json(HEADER)}, "message": {"event_type": "DEATH", "event_type": "BIRTH"}}`,
      'message.event_type',
    ],
    ['a key twice, spelled otherwise', '{"header": {}, "h\\u0065ader": {}, "message": {}}', 'header'],
  ])('for %s', async (_what, body, field) => {
    for (const path of ['/crvs', '/registry/notify', '/registry/on-search']) {
      await expectRefusal(await face.post(path, body), 400, 'err.request.bad', field);
    }
  });

  it('for a body that is not UTF-8', async () => {
    const body = new Uint8Array([...new TextEncoder().encode(await envelope()), 0xff]);
    await expectRefusal(await face.post('/crvs', body), 400, 'err.request.bad', 'UTF-8');
  });

  it.each([
    ['no message_id', { message_id: undefined }, 'header.message_id'],
    ['an empty message_id', { message_id: '' }, 'header.message_id'],
    ['a message_id that is a number', { message_id: 7 }, 'header.message_id'],
    ['a long message_id', { message_id: 'SECRET'.repeat(50) }, 'header.message_id'],
    ['a message_id with a line break', { message_id: 'SECRET\n' }, 'header.message_id'],
    ['no message_ts', { message_ts: undefined }, 'header.message_ts'],
    ['a message_ts that is none', { message_ts: 'SECRET' }, 'header.message_ts'],
    ['no action', { action: null }, 'header.action'],
    ['another action', { action: 'SECRET' }, 'header.action'],
    ['no sender_id', { sender_id: undefined }, 'header.sender_id'],
    ['a sender_id that is an object', { sender_id: {} }, 'header.sender_id'],
    ['encryption that is neither', { is_msg_encrypted: 'SECRET' }, 'header.is_msg_encrypted'],
  ])('for %s', async (_what, over, field) => {
    const header: { sender_id?: unknown } = { ...HEADER, ...over };
    const body =
      typeof header.sender_id === 'string'
        ? await envelope(DEATH, { header })
        : json({ signature: 'x', header, message: DEATH });
    await expectRefusal(await face.post('/crvs', body), 400, 'err.request.bad', field);
  });

  it.each([
    ['no dialect', { person: { name: PRIVATE.name } }, 'message'],
    ['both dialects', { ...DEATH, ...SPDCI_DEATH }, 'message'],
    ['an unknown event type', { ...DEATH, event_type: 'SECRET' }, 'message.event_type'],
    ['an adoption', { ...DEATH, event_type: 'ADOPTION' }, 'message.event_type'],
    ['an event type that is a number', { ...DEATH, event_type: 7 }, 'message.event_type'],
    ['a date that is none', { ...DEATH, event_date: 'SECRET' }, 'message.event_date'],
    ['identifiers that are text', { ...DEATH, identifiers: 'SECRET' }, 'message.identifiers'],
    [
      'an identifier without a type',
      { ...DEATH, identifiers: [{ value: PRIVATE.uin }] },
      'message.identifiers[0].type',
    ],
    ['notify_event that is text', { notify_event: 'SECRET' }, 'message.notify_event'],
    ['no data', { notify_event: [{}] }, DATA],
    ['records without a type', spdci({ reg_event_type: undefined }), `${DATA}.reg_event_type`],
    ['a type of another kind', spdci({ reg_event_type: 'x:Annulment' }), `${DATA}.reg_event_type`],
    [
      'a bad date in a record',
      spdci({ reg_records: [{ death_date: 'SECRET' }] }),
      `${DATA}.reg_records[0].death_date`,
    ],
  ])('for %s', async (_what, message, field) => {
    for (const path of ['/crvs', '/registry/notify']) {
      await expectRefusal(await face.post(path, await envelope(message)), 400, 'err.request.bad', field);
    }
  });

  it('for another version of the standard', async () => {
    const answer = await face.post('/crvs', await withHeader({ version: '2.0.0' }));
    await expectRefusal(answer, 400, 'err.version.not_supported', 'header.version');
  });

  it('for an encrypted message', async () => {
    const answer = await face.post(
      '/crvs',
      await withHeader({ is_msg_encrypted: true }, { ciphertext: 'x' }),
    );
    await expectRefusal(answer, 400, 'err.encryption.invalid', 'header.is_msg_encrypted');
  });

  it('for another receiver, where the operator named ours', async () => {
    face = await openFace({ receiverIds: ['openspp', 'spp'] }, { inbox: shared.inbox });
    for (const receiver_id of ['SECRET', undefined, 'OPENSPP']) {
      const answer = await face.post('/crvs', await withHeader({ receiver_id }));
      await expectRefusal(answer, 400, 'err.receiver_id.invalid', 'header.receiver_id');
    }
    expect((await face.post('/crvs', await withHeader({ receiver_id: 'spp' }))).status).toBe(202);
  });
});

describe('401', () => {
  it.each([undefined, null, '', ' ', 'unsigned', 'unsigned-stub'])(
    'for a signature of %j',
    async (signature) => {
      const answer = await face.post('/crvs', json({ signature, header: HEADER, message: DEATH }));
      await expectRefusal(answer, 401, 'err.signature.missing', 'signature');
    },
  );

  it.each([
    ['another key', () => signedByAnother()],
    ['another message', async () => (await envelope()).replace('2024-12-01', '2024-12-02')],
    ['another header', async () => (await envelope()).replace('"msg-1"', '"msg-2"')],
    ['no signature at all', async () => json({ signature: 'SECRET', header: HEADER, message: DEATH })],
    ['a time that is over', () => envelope(DEATH, { created: NOW - 600, expires: NOW - 1 })],
    ['a time to come', () => envelope(DEATH, { created: NOW + 61 })],
    ['too long a time', () => envelope(DEATH, { created: NOW - 5, expires: NOW + 86_400 })],
    ['no time', () => envelope(DEATH, { created: NOW - 5, expires: NOW - 5 })],
  ])('for a signature with %s', async (_what, body) => {
    await expectRefusal(await face.post('/crvs', await body()), 401, 'err.signature.invalid', 'signature');
  });

  it('goes by the skew and the window that the operator set', async () => {
    face = await openFace({ clockSkewSeconds: 0, maxWindowSeconds: 100 }, { inbox: shared.inbox });
    await expectRefusal(
      await face.post('/crvs', await envelope(DEATH, { created: NOW + 1, expires: NOW + 50 })),
      401,
      'err.signature.invalid',
    );
    await expectRefusal(
      await face.post('/crvs', await envelope(DEATH, { created: NOW, expires: NOW + 101 })),
      401,
      'err.signature.invalid',
    );
    expect(
      (await face.post('/crvs', await envelope(DEATH, { created: NOW, expires: NOW + 100 }))).status,
    ).toBe(202);
  });

  it('for an unknown sender, and has the registry read again', async () => {
    const answer = await face.post('/crvs', await withHeader({ sender_id: 'crvs.SECRET' }));
    await expectRefusal(answer, 401, 'err.sender_id.invalid', 'header.sender_id');
    expect(face.askedForUnknown).toBe(1);
  });

  it('for a sender whose key cannot be used, and informs the operator why', async () => {
    const answer = await face.post('/crvs', await withHeader({ sender_id: 'crvs.keyless' }));
    await expectRefusal(answer, 401, 'err.signature.invalid', 'signature');
    expect(face.log.entries()).toContainEqual(
      expect.objectContaining({ sender: 'crvs.keyless', problem: expect.stringMatching(/\S/) }),
    );
  });

  it('before anything is said about the message', async () => {
    const answer = await face.post('/crvs', await signedByAnother({ event_type: 'SECRET' }));
    await expectRefusal(answer, 401, 'err.signature.invalid');
  });
});

describe('other refusals', () => {
  it.each(['/', '/crvs/', '/registry', '/registry/search', '/dci_api/v2/crvs', '/SECRET'])(
    '404 for %s',
    async (path) => {
      await expectRefusal(await face.post(path, 'SECRET'), 404, 'err.request.not_found');
    },
  );

  it.each([
    '/crvs',
    '/dci_api/v1/crvs',
    '/registry/notify',
    '/dci_api/v1/registry/notify',
    '/registry/on-search',
    '/dci_api/v1/registry/txn/on-status',
  ])('405 for anything but POST on %s', async (path) => {
    for (const method of ['GET', 'PUT', 'DELETE', 'OPTIONS']) {
      const answer = await face.send(path, { method });
      await expectRefusal(answer, 405, 'err.request.bad');
      expect(answer.headers.get('allow')).toBe('POST');
    }
  });

  it('413 for a body that says it is too large, without reading it', async () => {
    let read = false;
    const body = new ReadableStream(
      {
        pull(controller) {
          read = true;
          controller.close();
        },
      },
      { highWaterMark: 0 },
    );
    const answer = await face.send('/crvs', {
      method: 'POST',
      body,
      duplex: 'half',
      headers: { 'content-length': '100001' },
    } as RequestInit);
    await expectRefusal(answer, 413, 'err.request.bad', '100000 bytes');
    expect(read).toBe(false);
  });

  it('413 for a body without a length that grows too large, without reading on', async () => {
    let chunks = 0;
    const body = new ReadableStream(
      {
        pull(controller) {
          chunks += 1;
          controller.enqueue(new Uint8Array(10_000));
          // It ends, so that a limit that does not hold fails this test and nothing else.
          if (chunks === 100) controller.close();
        },
      },
      { highWaterMark: 0 },
    );
    const answer = await face.send('/crvs', { method: 'POST', body, duplex: 'half' } as RequestInit);
    await expectRefusal(answer, 413, 'err.request.bad', '100000 bytes');
    expect(chunks).toBeLessThan(15);
  });

  it('no 413 for a body of just the limit', async () => {
    const body = await envelope();
    const full = body + ' '.repeat(100_000 - body.length);
    expect((await face.post('/crvs', full)).status).toBe(202);
    expect((await face.post('/crvs', `${full} `)).status).toBe(413);
  });

  it.each([
    [{ 'content-type': 'application/x-www-form-urlencoded' }, 'Content-Type'],
    [{ 'content-type': 'multipart/form-data; boundary=SECRET' }, 'Content-Type'],
    [{ 'content-type': 'application/xml' }, 'Content-Type'],
    [{ 'content-type': 'text/plainly' }, 'Content-Type'],
    [{ 'content-type': 'application/json', 'content-encoding': 'gzip' }, 'Content-Encoding'],
  ])('415 for %j', async (headers, field) => {
    await expectRefusal(await face.post('/crvs', await envelope(), headers), 415, 'err.request.bad', field);
  });

  it('503 while the registry of senders was never read', async () => {
    face.senders = null;
    const answer = await face.post('/crvs', await envelope());
    await expectRefusal(answer, 503, 'err.service.unavailable');
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(face.askedForUnknown).toBe(1);
  });

  it('409 leaves the log without a word of the message', async () => {
    await face.post('/crvs', await envelope());
    await face.post('/crvs', await envelope({ ...DEATH, event_date: '2024-12-03' }));
    for (const secret of Object.values(PRIVATE)) expect(face.log.text()).not.toContain(secret);
  });
});

describe('where the inbox cannot commit', () => {
  it('503 with Retry-After, and never an acknowledgement', async () => {
    face = await openFace();
    await face.inbox.close();
    for (const path of ['/crvs', '/registry/notify', '/registry/on-search']) {
      const action = path.includes('on-search') ? 'on-search' : 'notify';
      const answer = await face.post(path, await withHeader({ action }));
      expect(answer.status).toBe(503);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(answer.json.message).toMatchObject({
        ack_status: 'ERR',
        error: { code: 'err.service.unavailable' },
      });
      for (const secret of SECRETS) expect(answer.text).not.toContain(secret);
    }
    expect(face.log.entries().at(-1)).toMatchObject({ level: 'error', detail: 'the inbox is closed' });
  });

  it('500 for a fault of the bridge, which is not described', async () => {
    face = await openFace(
      {},
      {
        inbox: shared.inbox,
        instead: ({ inbox }) => ({
          inbox: Object.assign(Object.create(inbox), {
            accept: async () => {
              throw new TypeError(`cannot read SECRET of ${PRIVATE.name}`);
            },
          }),
        }),
      },
    );
    const answer = await face.post('/crvs', await envelope());
    await expectRefusal(answer, 500, 'err.service.unavailable');
    expect(face.log.entries().at(-1)).toMatchObject({ level: 'error', error: 'TypeError' });
    for (const secret of SECRETS) expect(face.log.text()).not.toContain(secret);
  });
});

describe('the log says why a signature was refused', () => {
  const refusal = () => face.log.entries().find(({ msg }) => msg === 'a signature was refused');

  it.each([
    ['another key', () => signedByAnother(), 'signature.mismatch', 'signature'],
    ['a time past', () => envelope(DEATH, { created: NOW - 1000 }), 'time.expired', 'time'],
    ['a time ahead', () => envelope(DEATH, { created: NOW + 100 }), 'time.created_ahead', 'time'],
    [
      'an algorithm that is not supported',
      async () => (await envelope()).replaceAll('ed25519', 'hs256'),
      'algorithm.unsupported',
      'algorithm',
    ],
    [
      'the kid of another sender',
      async () => (await envelope()).replace(`${SENDER_ID}|`, 'crvs.other|'),
      'kid.other_sender',
      'kid',
    ],
  ])('%s', async (_what, body, reason, failed) => {
    const { status, json } = await face.post('/crvs', await body());
    expect(status).toBe(401);
    expect(refusal()).toMatchObject({
      request: json.message.correlation_id,
      sender: SENDER_ID,
      reason,
      failed,
      kid: expect.stringMatching(/^sha256:[0-9a-f]{16}$/),
      clockDifferenceSeconds: expect.any(Number),
      windowSeconds: 300,
      digests: failed === 'signature' ? [{ form: 'as-sent' }, { form: 'filled-in' }] : [],
    });
    // The sender's side gets no more than code and sentence.
    expect(Object.keys(json.message.error)).toEqual(['code', 'message']);
  });

  it.each([
    ['crvs.unknown', 'crvs.unknown'],
    ['https://crvs.unknown/a', 'https://crvs.unknown/a'],
    [PRIVATE.name, undefined],
    [PRIVATE.uin, undefined],
    ['1-9028-3746-551 x', undefined],
  ])('an unknown sender %s, by a name that is one', async (sender_id, sender) => {
    await face.post(
      '/crvs',
      JSON.stringify({ signature: 'x', header: { ...HEADER, sender_id }, message: {} }),
    );
    expect(refusal()).toMatchObject({ reason: 'sender.unknown', failed: 'sender' });
    expect(refusal()?.sender).toBe(sender);
  });
});

it('correlation ids are new with every request', async () => {
  const ids = [];
  for (let count = 0; count < 3; count += 1)
    ids.push((await face.post('/crvs', '')).json.message.correlation_id);
  expect(new Set(ids).size).toBe(3);
});

it('the log holds none of the names, identifiers, keys and tokens', async () => {
  face = await openFace({ allowUnsigned: true }, { inbox: shared.inbox });
  const bodies = [
    await envelope(),
    await envelope(SPDCI_DEATH, { header: { ...HEADER, message_id: 'msg-2' } }),
    await envelope(DEATH, { form: 'jws', header: { ...HEADER, message_id: 'msg-3' } }),
    await envelope({ ...DEATH, event_date: '2024-12-09' }),
    await signedByAnother(),
    await envelope(DEATH, { form: null, header: { ...HEADER, message_id: 'msg-4' } }),
    await envelope({ ...DEATH, event_type: 'SECRET' }, { header: { ...HEADER, message_id: 'msg-5' } }),
    await envelope({ ...DEATH, event_date: PRIVATE.name }, { header: { ...HEADER, message_id: 'msg-6' } }),
    await withHeader({ sender_id: 'crvs.unknown' }),
    `{"header": {}, "message": {"${PRIVATE.name}": 1, "${PRIVATE.name}": 2}}`,
    `{"header": {}, "message": {"n${PRIVATE.uin}": 1, "n${PRIVATE.uin}": 2}}`,
    'SECRET',
  ];
  const statuses = [];
  const signatures = [];
  for (const body of bodies) {
    statuses.push((await face.post('/crvs', body)).status);
    // The signature itself: the last value of the HTTP-signature form, or the whole JWS.
    const [, escaped, jws] = /signature=\\"([^"]{40,})\\"|"signature":"(ey[^"]+)"/.exec(body) ?? [];
    const signature = escaped ?? jws;
    if (signature !== undefined) signatures.push(signature);
  }
  await face.get('/api/events', { authorization: `Bearer ${ADMIN_TOKEN}` });
  await face.get('/api/events', { authorization: 'Bearer SECRET' });
  await face.get(`/${PRIVATE.uin}?name=${encodeURIComponent(PRIVATE.name)}`);
  expect(statuses).toEqual([202, 202, 202, 409, 401, 202, 400, 400, 401, 400, 400, 400]);
  const log = face.log.text();
  expect(log.split('\n').length).toBeGreaterThan(bodies.length);
  expect(signatures).toHaveLength(8);
  const secrets = [
    ...Object.values(PRIVATE),
    'SECRET',
    ADMIN_TOKEN,
    ...signatures,
    PUBLIC_PEM.split('\n')[1] ?? '',
  ];
  for (const secret of secrets) expect(log).not.toContain(secret);
  expect(log).not.toContain(encodeURIComponent(PRIVATE.name));
});
