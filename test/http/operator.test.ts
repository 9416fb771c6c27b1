import { beforeEach, describe, expect, it, vi } from 'vitest';
import { settled, sharedInbox } from '../inbox/support.ts';
import { PATIENCE } from '../patience.ts';
import { ADMIN_TOKEN, DEATH, envelope, type Face, NOW, openFace, PRIVATE, withHeader } from './support.ts';

const shared = sharedInbox();
let face: Face;
beforeEach(async () => {
  face = await openFace({}, { inbox: shared.inbox });
});
const operator = { authorization: `Bearer ${ADMIN_TOKEN}` };

describe('/healthz', () => {
  it('answers whatever the rest does', async () => {
    face = await openFace();
    await face.inbox.close();
    const answer = await face.get('/healthz');
    expect([answer.status, answer.json]).toEqual([200, { status: 'ok' }]);
  });
});

describe('/readyz', () => {
  it('is ready where the inbox can be written, before Odoo was asked', async () => {
    const answer = await face.get('/readyz');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.json).toEqual({
      status: 'ready',
      problems: [],
      inbox: { writable: true },
      senders: { known: 2 },
      odoo: { reachable: null, error: null, last_answer_at: null, waits_until: null, breaker: 'closed' },
      held: [],
    });
  });

  it('is ready while events wait for people, and says what for', async () => {
    face = await openFace(
      {},
      {
        inbox: shared.inbox,
        instead: () => ({
          heldBy: async () =>
            new Map([
              ['openspp.registry_locked', 3],
              ['openspp.request_undecided', 0],
            ]),
        }),
      },
    );
    const answer = await face.get('/readyz');
    expect(answer.status).toBe(200);
    expect(answer.json.held).toEqual([{ reason: 'openspp.registry_locked', events: 3 }]);
  });

  it('is ready where the events that wait cannot be counted', async () => {
    face = await openFace(
      {},
      {
        inbox: shared.inbox,
        instead: () => ({ heldBy: () => Promise.reject(new Error('the inbox is busy')) }),
      },
    );
    expect(await face.get('/readyz')).toMatchObject({ status: 200, json: { held: [] } });
  });

  it('is ready while Odoo is down, and says so', async () => {
    face.odoo = {
      reachable: false,
      error: 'odoo.unreachable',
      lastAnswerAt: NOW * 1000,
      waitsUntil: NOW * 1000 + 5000,
      breaker: 'open',
    };
    const answer = await face.get('/readyz');
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({
      status: 'ready',
      senders: { known: 2 },
      odoo: {
        reachable: false,
        error: 'odoo.unreachable',
        last_answer_at: '2025-11-24T16:00:00.000Z',
        waits_until: '2025-11-24T16:00:05.000Z',
        breaker: 'open',
      },
    });
  });

  it('is not ready where the inbox cannot be written', async () => {
    face = await openFace();
    await face.inbox.close();
    const answer = await face.get('/readyz');
    expect(answer.status).toBe(503);
    expect(answer.json).toMatchObject({
      status: 'unready',
      problems: ['inbox.unwritable'],
      inbox: { writable: false },
    });
  });

  it('is not ready before the senders were read, where it takes messages', async () => {
    face.senders = null;
    const answer = await face.get('/readyz');
    expect(answer.status).toBe(503);
    expect(answer.json).toMatchObject({
      status: 'unready',
      problems: ['senders.unread'],
      inbox: { writable: true },
      senders: { known: null },
    });
    expect((await face.get('/healthz')).status).toBe(200);
  });

  it('is not ready where OpenSPP is another one than the one of the inbox', async () => {
    const open = (otherOpenspp: () => Promise<boolean>) =>
      openFace({}, { inbox: shared.inbox, instead: () => ({ otherOpenspp }) });
    expect(await (await open(async () => true)).get('/readyz')).toMatchObject({
      status: 503,
      json: { status: 'unready', problems: ['openspp.other'] },
    });
    // Where the inbox does not answer, that is its own problem.
    const unknown = await open(() => Promise.reject(new Error('the inbox is busy')));
    expect(await unknown.get('/readyz')).toMatchObject({ status: 200, json: { problems: [] } });
  });

  it('is ready as a worker before the senders were read', async () => {
    face = await openFace({ receives: false }, { inbox: shared.inbox });
    face.senders = null;
    expect(await face.get('/readyz')).toMatchObject({ status: 200, json: { problems: [] } });
  });
});

describe('/readyz, which anybody may ask,', () => {
  /** A face whose inbox counts how often it is checked, and answers when the test lets it. */
  async function counting() {
    const checks: PromiseWithResolvers<void>[] = [];
    const check = () => {
      const one = Promise.withResolvers<void>();
      checks.push(one);
      return one.promise;
    };
    const opened = await openFace(
      {},
      {
        inbox: shared.inbox,
        instead: ({ inbox }) => ({ inbox: Object.assign(Object.create(inbox), { check }) }),
      },
    );
    return { opened, checks };
  }

  it('checks the inbox once for all who ask meanwhile, and not again within a second', async () => {
    const { opened, checks } = await counting();
    const asked = Array.from({ length: 900 }, () => opened.get('/readyz'));
    await vi.waitFor(() => expect(checks).toHaveLength(1), PATIENCE);
    opened.now += 5000;
    asked.push(opened.get('/readyz'));
    checks[0]?.resolve();
    expect(new Set((await Promise.all(asked)).map(({ status }) => status))).toEqual(new Set([200]));
    opened.now += 999;
    expect((await opened.get('/readyz')).status).toBe(200);
    expect(checks).toHaveLength(1);
    opened.now += 1;
    const later = opened.get('/readyz');
    checks[1]?.reject(new Error('full'));
    expect((await later).status).toBe(503);
    expect(checks).toHaveLength(2);
  });

  it('does not believe an answer from before the clock was set back', async () => {
    const { opened, checks } = await counting();
    const first = opened.get('/readyz');
    checks[0]?.resolve();
    await first;
    opened.now -= 3_600_000;
    const second = opened.get('/readyz');
    checks[1]?.resolve();
    expect((await second).status).toBe(200);
    expect(checks).toHaveLength(2);
  });
});

const ROUTES = ['/api/status', '/api/events', '/api/events/1', '/api/nothing'];

describe('the operator’s routes', () => {
  it.each(ROUTES)('%s is closed where no token is set', async (path) => {
    face = await openFace({ adminToken: null }, { inbox: shared.inbox });
    for (const headers of [{}, operator, { authorization: 'Bearer null' }, { authorization: 'Bearer ' }]) {
      const answer = await face.get(path, headers);
      expect(answer.status).toBe(403);
      expect(answer.json.message.error.code).toBe('err.request.forbidden');
    }
  });

  it.each([
    undefined,
    '',
    'Bearer',
    'Bearer ',
    'Bearer wrong',
    ADMIN_TOKEN,
    `Basic ${ADMIN_TOKEN}`,
    `Bearer ${ADMIN_TOKEN}x`,
    `Bearer ${ADMIN_TOKEN.slice(0, -1)}`,
    `Bearer ${ADMIN_TOKEN.toUpperCase()}`,
  ])('ask for the token, and do not take %j', async (authorization) => {
    for (const path of ROUTES) {
      const answer = await face.get(path, authorization === undefined ? {} : { authorization });
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
      expect(answer.json.message.error.code).toBe('err.request.unauthorized');
      expect(answer.text).not.toContain(ADMIN_TOKEN);
    }
    expect((await face.post('/api/events/retry', '{"ids": [1]}', {})).status).toBe(401);
  });

  it('take the token however Bearer is written', async () => {
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
      expect((await face.get('/api/status', { authorization: `${scheme} ${ADMIN_TOKEN}` })).status).toBe(200);
    }
  });

  it('count the events by state', async () => {
    await face.post('/crvs', await envelope());
    expect((await face.get('/api/status', operator)).json).toEqual({
      waiting: 1,
      deferred: 0,
      delivering: 0,
      processed: 0,
      error: 0,
      dead: 0,
      unmatched: 0,
      byReason: [],
      oldestUnsettledAt: NOW * 1000,
      unindexed: 0,
      oldestUnindexedAt: null,
    });
  });

  it('do not count what waits for people, or for its date, as the oldest', async () => {
    for (const at of [0, 1, 2]) await face.post('/crvs', await withHeader({ message_id: `wait-${at}` }));
    const [people, date, odoo] = (await face.inbox.claim(3, face.now)).map(({ id }) => id);
    const release = (id = 0, reason = '') =>
      face.inbox.settle([{ kind: 'released', id, dueAt: face.now + 60_000, reason }], face.now);
    const oldest = async () => (await face.get('/api/status', operator)).json.oldestUnsettledAt;
    await release(people, 'openspp.registry_locked');
    await release(date, 'event.future_date');
    expect(await oldest()).toBe(NOW * 1000);
    await face.inbox.settle([{ kind: 'dead', id: odoo ?? 0, reason: 'event.poison' }], face.now);
    expect(await oldest()).toBeNull();
    face.now += 60_000;
    expect(await oldest()).toBe(NOW * 1000);
  });

  it('list events without personal data, by filter and page', async () => {
    for (const [at, event_type] of ['BIRTH', 'DEATH', 'DEATH'].entries()) {
      await face.post('/crvs', await withHeader({ message_id: `m-${at}` }, { ...DEATH, event_type }));
    }
    const listed = async (query: string) => (await face.get(`/api/events${query}`, operator)).json.events;
    const all = await listed('');
    expect(all.map(({ type }: { type: string }) => type)).toEqual(['death', 'death', 'birth']);
    expect(await listed('?type=birth')).toEqual([all[2]]);
    expect(await listed('?type=death&state=waiting&limit=1')).toEqual([all[0]]);
    expect(await listed(`?limit=2&before=${all[0].id}`)).toEqual(all.slice(1));
    expect(await listed('?outcome=error')).toEqual([]);
    expect(await listed('?state=settled')).toEqual([]);
    for (const secret of Object.values(PRIVATE)) expect(JSON.stringify(all)).not.toContain(secret);
  });

  it.each([
    ['state=done', 'state'],
    ['outcome=ok', 'outcome'],
    ['type=adoption', 'type'],
    ['limit=0', 'limit'],
    ['limit=1001', 'limit'],
    ['limit=ten', 'limit'],
    ['before=-1', 'before'],
  ])('refuse ?%s and name it', async (query, name) => {
    const answer = await face.get(`/api/events?${query}`, operator);
    expect(answer.status).toBe(400);
    expect(answer.json.message.error.message).toContain(`${name}:`);
  });

  it('show an event whole', async () => {
    const body = await envelope();
    await face.post('/crvs', body);
    const [{ id = 0 } = {}] = await face.inbox.list({});
    const answer = await face.get(`/api/events/${id}`, operator);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.json).toMatchObject({ id, identifiers: DEATH.identifiers, body, history: [] });
    expect(
      (await face.inbox.auditTrail({ eventId: id })).map(({ actor, action }) => [actor, action]),
    ).toEqual([['api', 'show']]);
  });

  it.each([
    '/api/events/999',
    '/api/events/99999999999999999999',
    '/api/events/x',
    '/api/events/-1',
    '/api/other',
  ])('know nothing of %s', async (path) => {
    const answer = await face.get(path, operator);
    expect([answer.status, answer.json.message.error.code]).toEqual([404, 'err.request.not_found']);
  });

  it('have events delivered again', async () => {
    await face.post('/crvs', await envelope());
    const [event] = await face.inbox.claim(1, face.now);
    const id = event?.id ?? 0;
    await face.inbox.settle([settled(id, { outcome: 'error' })], face.now);
    const answer = await face.post('/api/events/retry', JSON.stringify({ ids: [id, 999] }), operator);
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual({
      retried: [id],
      retried_count: 1,
      skipped: { not_found: 1 },
      audit_id: expect.any(Number),
    });
    expect(await face.inbox.counts()).toMatchObject({ waiting: 1, error: 0 });
  });

  it.each([
    '',
    'no json',
    '[]',
    '{}',
    '{"ids": []}',
    '{"ids": ["1"]}',
    '{"ids": [0]}',
    '{"ids": 1}',
    '{"ids": [1.5]}',
  ])('refuse to retry %j', async (body) => {
    const answer = await face.post('/api/events/retry', body, operator);
    expect([answer.status, answer.json.message.error.code]).toEqual([400, 'err.request.bad']);
  });

  it('change all that a filter matches, as one entry of the audit log, and say what is skipped', async () => {
    for (const [at, event_type] of ['BIRTH', 'DEATH', 'DEATH', 'DEATH'].entries())
      await face.post('/crvs', await withHeader({ message_id: `all-${at}` }, { ...DEATH, event_type }));
    const claimed = await face.inbox.claim(2, face.now);
    const [processed = 0, failed = 0] = claimed.map(({ id }) => id);
    await face.inbox.settle(
      [settled(processed), settled(failed, { outcome: 'error', reason: 'match.none' })],
      face.now,
    );
    const before = (await face.inbox.auditTrail({})).length;
    const sender = (await face.inbox.list({}))[0]?.senderId;
    const filter = JSON.stringify({ filter: { sender } });
    const aside = await face.post('/api/events/set-aside', filter, operator);
    expect(aside.json).toMatchObject({ set_aside_count: 3, skipped: { processed: 1 } });
    expect(await face.inbox.counts()).toMatchObject({ dead: 3, processed: 1 });
    const [entry, ...earlier] = await face.inbox.auditTrail({});
    expect(earlier).toHaveLength(before);
    expect(entry).toMatchObject({
      id: aside.json.audit_id,
      actor: 'api',
      action: 'set_aside',
      eventId: null,
      count: 3,
      filter: `sender=${sender}`,
    });
    const changed = (await face.get(`/api/events?audit=${entry?.id}&order=oldest`, operator)).json.events;
    expect(changed.map(({ id }: { id: number }) => id)).toEqual(aside.json.set_aside);
    const nothing = await face.post('/api/events/set-aside', filter, operator);
    expect(nothing.json).toEqual({
      set_aside: [],
      set_aside_count: 0,
      skipped: { dead: 3, processed: 1 },
      audit_id: null,
    });
    for (const body of ['{"filter": {}}', '{"filter": {"state": "dead", "outcome": "error"}}'])
      expect((await face.post('/api/events/retry', body, operator)).status, body).toBe(400);
  });

  it('say so where the inbox does not answer', async () => {
    face = await openFace();
    await face.inbox.close();
    for (const path of ['/api/status', '/api/events', '/api/events/1']) {
      expect((await face.get(path, operator)).status).toBe(503);
    }
  });
});

describe('a worker', () => {
  it('takes no messages, and has all the rest', async () => {
    face = await openFace({ receives: false }, { inbox: shared.inbox });
    for (const path of ['/registry/notify', '/crvs']) {
      expect((await face.post(path, '{}')).status, path).toBe(404);
    }
    expect((await face.get('/healthz')).status).toBe(200);
    expect((await face.get('/readyz')).status).toBe(200);
    expect((await face.get('/api/events', operator)).status).toBe(200);
  });
});

describe('what an operator sends', () => {
  it('is at most 1 MiB, whether its length is said or not, and a stranger learns nothing of that', async () => {
    const ids = Array.from({ length: 300_000 }, (_, id) => id + 1);
    const body = JSON.stringify({ ids });
    const post = (init: RequestInit) => face.app.request('/api/events/retry', { method: 'POST', ...init });
    const json = { ...operator, 'content-type': 'application/json' };
    const told = await post({ body, headers: { ...json, 'content-length': String(body.length) } });
    expect(told.status).toBe(413);
    expect(JSON.stringify(await told.json())).toContain('1048576 bytes');
    const stream = new Blob([body]).stream();
    const untold = await post({ body: stream, headers: json, duplex: 'half' } as RequestInit);
    expect(untold.status).toBe(413);
    const stranger = await post({ body, headers: { 'content-type': 'application/json' } });
    expect(stranger.status).toBe(401);
    const fitting = await post({ body: JSON.stringify({ ids: [1] }), headers: json });
    expect(fitting.status).toBe(200);
  });
});
