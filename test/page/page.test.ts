import { beforeEach, describe, expect, it } from 'vitest';
import { InboxUnavailableError } from '../../src/inbox/inbox.ts';
import { FUTURE_DATE } from '../../src/openspp/apply-mode.ts';
import { LANGUAGES, preferredLanguage } from '../../src/page/texts/index.ts';
import { message, NOON, settled, sharedInbox, vitalEvent } from '../inbox/support.ts';
import { openPage } from './support.ts';
import { TOKEN } from './token.ts';

const { en, fr } = LANGUAGES;
const shared = sharedInbox();
let page: ReturnType<typeof openPage>;
beforeEach(async () => {
  await shared.inbox.pruneAudit(Number.MAX_SAFE_INTEGER);
  page = openPage(shared.inbox);
});

/** What must not be seen before it is asked for. */
const SECRETS = {
  uin: '190283746551',
  name: 'Zebulon Quattlebaum',
  sentence: 'Nobody like Zebulon',
  note: 'His wife',
};

const REFUSAL = {
  at: NOON,
  connector: 'dci',
  route: '/registry/notify',
  senderId: 'crvs.test',
  code: 'err.signature.invalid',
  status: 401,
  reason: 'signature.mismatch',
  field: null,
  correlationId: 'c-1',
};

/** A death that ended in an error; gives its id. */
async function death(over: Parameters<typeof message>[0] = {}): Promise<number> {
  const { events } = await shared.inbox.accept(
    message({
      body: JSON.stringify({
        signature: 'namespace="dci"',
        message: { person: { name: `<b>${SECRETS.name}` } },
      }),
      events: [vitalEvent({ identifiers: [{ type: 'UIN', value: SECRETS.uin }] })],
      ...over,
    }),
  );
  const id = events[0]?.id ?? 0;
  await shared.inbox.claim(1000, NOON);
  await shared.inbox.settle(
    [
      settled(id, {
        outcome: 'error',
        reason: 'match.none',
        odooEventId: 77,
        errorMessage: SECRETS.sentence,
        notes: SECRETS.note,
      }),
    ],
    NOON + 900,
  );
  return id;
}

const actions = async () => (await shared.inbox.auditTrail({ limit: 3 })).map(({ action }) => action);

describe('signing in', () => {
  it('is asked for everywhere, and leads back to where one was going', async () => {
    for (const path of [
      '/',
      '/events',
      '/events/1',
      '/events/1/set-aside',
      '/senders',
      '/sources',
      '/audit',
      '/events.csv?state=dead',
    ]) {
      const answer = await page.get(path);
      expect([answer.status, answer.location], path).toEqual([
        303,
        path === '/' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(path)}`,
      ]);
    }
    for (const path of ['/live', '/events/1/live']) expect((await page.get(path)).status, path).toBe(401);
    const answer = await page.post('/sign-in', { token: TOKEN, next: '/events?state=dead' });
    expect([answer.status, answer.location]).toEqual([303, '/events?state=dead']);
  });

  it('gives a cookie that scripts and other sites do not get, for TLS alone where there is TLS', async () => {
    const plain = (await page.signIn()).headers.get('set-cookie') ?? '';
    expect(plain).toMatch(/^crvs_bridge_session=[\w.-]+; Max-Age=3600; Path=\/; HttpOnly; SameSite=Strict$/);
    expect((await page.get('/')).status).toBe(200);
    const secure = (await page.signIn({ 'x-forwarded-proto': 'https' })).headers.get('set-cookie') ?? '';
    expect(secure).toMatch(/^__Host-crvs_bridge_session=.+; Secure; SameSite=Strict$/);
    expect((await page.get('/')).status).toBe(200);
  });

  it('refuses a wrong token, does not count more than ten, and still opens for the right one', async () => {
    for (let tries = 0; tries < 10; tries += 1) {
      const answer = await page.post('/sign-in', { token: `${TOKEN}x` });
      expect(answer.status).toBe(403);
      expect(answer.text).toContain(en.signIn.wrong);
      expect(answer.text).not.toContain(TOKEN);
      expect(answer.headers.get('set-cookie')).toBeNull();
    }
    const late = await page.post('/sign-in', { token: `${TOKEN}x` });
    expect([late.status, late.headers.get('retry-after')]).toEqual([429, '60']);
    expect((await page.post('/sign-in', { token: TOKEN })).status).toBe(303);
    page.place.now += 60_000;
    expect((await page.post('/sign-in', { token: `${TOKEN}x` })).status).toBe(403);
    expect(await actions()).toEqual(['sign_in_refused', 'sign_in', 'sign_in_refused']);
  });

  it('never leads to another site', async () => {
    for (const next of [
      '/.//evil.example/x',
      '/a/..//evil.example/x',
      '/%2e//evil.example/x',
      '/./\\evil.example/x',
      '/a/%2E%2e//evil.example/x',
      '/.//.//evil.example/x',
      '//evil.example',
      'https://evil.example',
      '/\\evil.example',
      'javascript:1',
      '/\t/evil.example',
    ]) {
      expect((await page.post('/sign-in', { token: TOKEN, next })).location, next).toBe('/');
    }
  });

  it('ends with the time, with a sign-out, and with another token', async () => {
    await page.signIn();
    const { cookie } = page;
    expect((await openPage(shared.inbox, { adminToken: `${TOKEN}2` }).get('/', { cookie })).status).toBe(303);
    expect((await openPage(shared.inbox).get('/', { cookie })).status, 'another bridge, same token').toBe(
      200,
    );
    for (const broken of [cookie.replace(/.$/, '!'), `${cookie}x`, cookie.replace('.', '.1')]) {
      expect((await page.get('/', { cookie: broken })).status).toBe(303);
    }
    const out = await page.submit('/sign-out');
    expect(out.location).toBe('/sign-in?done=signed-out');
    expect((await page.get('/')).status).toBe(303);
    await page.signIn();
    page.place.now += 3_600_000;
    expect((await page.get('/')).status).toBe(303);
  });

  it('cannot be done where no token is set: the page says how to set one', async () => {
    page = openPage(shared.inbox, { adminToken: null });
    const answer = await page.get('/');
    expect(answer.text).toContain(en.setUp.title);
    expect((await page.get('/events')).status).toBe(404);
    expect((await page.post('/sign-in', { token: 'null' })).status).toBe(404);
  });
});

describe('a form', () => {
  it('is taken from a page of this session alone', async () => {
    const id = await death();
    await page.signIn();
    const form_token = await page.formToken();
    const other = openPage(shared.inbox);
    await other.signIn();
    const path = `/events/${id}/retry`;
    for (const [fields, headers] of [
      [{}, {}],
      [{ form_token: 'x' }, {}],
      [{ form_token: await other.formToken() }, {}],
      [{ form_token }, { 'sec-fetch-site': 'cross-site' }],
      [{ form_token }, { 'sec-fetch-site': 'same-site' }],
      [{ form_token }, { 'sec-fetch-site': 'none' }],
    ] as [Record<string, string>, Record<string, string>][]) {
      const answer = await page.post(path, fields, headers);
      expect([answer.status, answer.text.includes(en.errors.foreign)]).toEqual([403, true]);
    }
    expect(await shared.inbox.counts()).toMatchObject({ error: 1 });
    expect((await page.post(path, { form_token })).status).toBe(303);
    expect(await shared.inbox.counts()).toMatchObject({ error: 0, waiting: 1 });
  });

  it('is bounded, and no JSON', async () => {
    await page.signIn();
    expect((await page.submit('/events/search', { text: 'x'.repeat(70_000) })).status).toBe(413);
    expect((await page.post('/events/search', {}, { 'content-type': 'text/plain' })).status).toBe(400);
  });
});

describe('an event', () => {
  it('shows nothing personal until it is asked for, and asking leaves a trace', async () => {
    const id = await death({ messageId: `msg-${SECRETS.uin}` });
    await page.signIn();
    for (const path of ['/', '/events', `/events/${id}`, `/events/${id}/live`, '/audit']) {
      const { status, text } = await page.get(path);
      expect(status, path).toBe(200);
      for (const secret of Object.values(SECRETS)) expect(text, path).not.toContain(secret);
    }
    expect(await actions()).toEqual(['sign_in']);

    const shown = await page.submit(`/events/${id}/show`);
    for (const secret of [SECRETS.uin, SECRETS.sentence, SECRETS.note]) expect(shown.text).toContain(secret);
    expect(shown.text, 'the message is another thing').not.toContain(SECRETS.name);
    const whole = await page.submit(`/events/${id}/message`);
    expect(whole.text).toContain(`&lt;b&gt;${SECRETS.name}`);
    expect(await actions()).toEqual(['show_message', 'show', 'sign_in']);
    expect(await shared.inbox.auditTrail({ eventId: id, limit: 1 })).toMatchObject([
      { actor: expect.stringMatching(/^session [\w-]{8}$/), eventId: id, at: NOON },
    ]);
    expect(page.logged()).toContain('"audit":"show_message"');
    for (const secret of [...Object.values(SECRETS), TOKEN]) expect(page.logged()).not.toContain(secret);
  });

  it('shows nothing where the trace cannot be kept', async () => {
    const id = await death();
    const inbox = Object.create(shared.inbox) as typeof shared.inbox;
    for (const name of ['show', 'auditTrail', 'tally', 'rates'] as const)
      Object.assign(inbox, {
        [name]: (shared.inbox[name] as (...args: unknown[]) => unknown).bind(shared.inbox),
      });
    let full = false;
    inbox.audit = async (entry) => {
      if (full) throw new InboxUnavailableError('the disk is full');
      return shared.inbox.audit(entry);
    };
    page = openPage(inbox);
    await page.signIn();
    const form_token = await page.formToken();
    full = true;
    for (const what of ['show', 'message']) {
      const answer = await page.post(`/events/${id}/${what}`, { form_token });
      expect(answer.status).toBe(503);
      expect(answer.text).toContain(en.errors.inbox);
      expect(answer.text).not.toContain(SECRETS.uin);
    }
  });

  it('shows what happened, with names that are no markup, and leads to its row in OpenSPP', async () => {
    const id = await death();
    await page.signIn();
    const { text } = await page.get(`/events/${id}`);
    for (const piece of [
      'Registry of &lt;Utopia&gt;',
      en.event.verifiedBy(en.event.formHttp, 'crvs.test|key-1|ed25519'),
      en.attempts.error,
      'href="https://odoo.example/odoo/spp.dci.crvs.event/77"',
      en.event.settledStep(en.outcomes.error),
    ])
      expect(text).toContain(piece);
    expect((await page.get('/events/999999')).status).toBe(404);
  });

  it('is set aside after a question, and found by anything that names it', async () => {
    const id = await death();
    await page.signIn();
    expect((await page.get(`/events/${id}/set-aside`)).text).toContain(en.confirm.setAside(id));
    const aside = await page.submit(`/events/${id}/set-aside`);
    expect(aside.location).toBe(`/events/${id}?done=set_aside&count=1`);
    expect((await page.submit(`/events/${id}/set-aside`)).location).toContain(
      'done=set_aside&count=0&skipped=dead.1',
    );
    for (const text of [SECRETS.uin, String(id), '77']) {
      const found = await page.submit('/events/search', { text });
      expect(found.text, text).toContain(`href="/events/${id}"`);
      expect(found.text).not.toContain(SECRETS.uin);
    }
    expect((await page.submit('/events/search', { text: 'nobody' })).text).toContain(en.search.found(0, '0'));
    expect(await shared.inbox.auditTrail({ limit: 1 })).toMatchObject([
      { action: 'search', count: 0, eventId: null },
    ]);
  });
});

describe('the list', () => {
  it('is filtered and paged, and all that match are retried after a question', async () => {
    const ids = [await death(), await death(), await death()];
    await shared.inbox.accept(
      message({ events: Array.from({ length: 60 }, () => vitalEvent({ type: 'birth' })) }),
    );
    await page.signIn();
    const listed = async (path: string) =>
      [
        ...(await page.get(path)).text.matchAll(/<th scope="row" class="number"><a href="\/events\/(\d+)/g),
      ].map(([, id]) => Number(id));
    expect(await listed('/events?type=death&outcome=error')).toEqual(ids.toReversed());
    expect(await listed(`/events?outcome=error&before=${ids[2]}`)).toEqual([ids[1], ids[0]]);
    expect(await listed('/events?from=2024-06-16')).toEqual([]);
    expect(await listed('/events?from=2024-06-15&to=2024-06-15&type=death&sender=&state=')).toHaveLength(3);
    const first = await page.get('/events?type=birth');
    expect(await listed('/events?type=birth')).toHaveLength(50);
    const next = /rel="next" href="([^"]+)"/.exec(first.text)?.[1]?.replaceAll('&amp;', '&') ?? '';
    expect(await listed(next)).toHaveLength(10);
    for (const query of ['state=done', 'from=yesterday', 'before=0']) {
      expect((await page.get(`/events?${query}`)).status, query).toBe(400);
    }
    expect((await page.submit('/events/act', { action: 'retry_all' })).text).toContain(en.errors.noFilter);
    expect((await page.submit('/events/act', { action: 'retry' })).text).toContain(en.errors.noneChosen);
    const question = await page.submit('/events/act', { action: 'retry_all', outcome: 'error' });
    expect(question.text).toContain(`${en.events.count(3, '3', true)} ${en.confirm.explained.retry}`);
    expect(await shared.inbox.counts()).toMatchObject({ error: 3 });
    const done = await page.submit('/events/act', { action: 'retry_all', state: 'error', sure: 'yes' });
    expect(done.location).toMatch(/^\/events\?audit=\d+&done=retry&count=3$/);
    expect(await listed(done.location ?? '')).toEqual(ids.toReversed());
    expect(await shared.inbox.counts()).toMatchObject({ error: 0, waiting: 63 });
  });
});

describe('the API key for Odoo', () => {
  it.each([
    ['is far from its end', 15, null, 'API key until 16 December 2026'],
    [
      'is near its end',
      13,
      'The API key for Odoo ends on 14 December 2026, in 13 days',
      'API key until 14 December 2026',
    ],
    ['has ended', -1, 'The API key for Odoo ended on 30 November 2026', 'API key until 30 November 2026'],
  ])('%s', async (_what, days, note, figure) => {
    const now = Date.UTC(2026, 11, 1, 12);
    page = openPage(
      shared.inbox,
      {},
      { clock: () => now, apiKeyEnd: () => Date.UTC(2026, 11, 1 + days, 12) },
    );
    await page.signIn();
    const { text } = await page.get('/');
    expect(text).toContain(figure);
    expect(note === null ? !text.includes('The API key') : text.includes(note)).toBe(true);
  });

  it('is not spoken of where nobody knows its end', async () => {
    page = openPage(shared.inbox);
    await page.signIn();
    expect((await page.get('/')).text).not.toContain('API key');
  });
});

describe('the sentence', () => {
  const health = {
    reachable: true,
    error: null,
    lastAnswerAt: NOON,
    waitsUntil: null,
    breaker: 'closed',
  } as const;
  const down = {
    ...health,
    reachable: false,
    error: 'odoo.unreachable',
    breaker: 'open',
    lastAnswerAt: NOON - 720_000,
  } as const;

  it.each([
    ['nothing came', {}, 0, en.sentence.quiet],
    ['events come', {}, 1, en.sentence.well],
    [
      'Odoo is silent',
      { odooHealth: () => down },
      2,
      'Odoo has not answered for 12 minutes; 2 events wait; nothing is lost.',
    ],
    [
      'Odoo never answered',
      { odooHealth: () => ({ ...down, lastAnswerAt: null }) },
      1,
      en.sentence.odooNever('1 event waits'),
    ],
    [
      'Odoo refuses',
      { odooHealth: () => ({ ...down, reachable: true, error: 'odoo.access' }) },
      0,
      en.sentence.odooRefuses('0 events wait'),
    ],
    ['senders are unknown', { senderCount: () => null }, 0, en.sentence.noSenders],
    [
      'OpenSPP is another one',
      { otherOpenspp: async () => true, odooHealth: () => down },
      2,
      en.sentence.otherOpenspp('2 events wait'),
    ],
    [
      'events wait for long',
      { clock: () => NOON + 600_000 },
      1,
      `<a href="/events?state=waiting&amp;order=oldest">${en.needs.late('10 minutes')}</a>`,
    ],
  ])('where %s', async (_what, instead, waiting, sentence) => {
    for (let count = 0; count < waiting; count += 1) await shared.inbox.accept(message());
    page = openPage(shared.inbox, {}, instead);
    await page.signIn();
    expect((await page.get('/')).text.includes(sentence), sentence).toBe(true);
  });

  it('links no row where OpenSPP is another one: there it is somebody else’s', async () => {
    const { events } = await shared.inbox.accept(message());
    const id = events[0]?.id ?? 0;
    await shared.inbox.claim(1, NOON);
    await shared.inbox.settle([settled(id)], NOON);
    const linked = async (isOther: boolean) => {
      page = openPage(shared.inbox, {}, { otherOpenspp: async () => isOther });
      await page.signIn();
      return (await page.get(`/events/${id}`)).text.includes('/odoo/spp.dci.crvs.event/');
    };
    expect([await linked(false), await linked(true)]).toEqual([true, false]);
  });

  it.each(['openspp.registry_locked', 'openspp.request_undecided'])(
    'names events that wait for people by their reason (%s), and does not count them as late',
    async (reason) => {
      const { events } = await shared.inbox.accept(message());
      const id = events[0]?.id ?? 0;
      await shared.inbox.claim(1, NOON);
      await shared.inbox.settle([{ kind: 'released', id, dueAt: NOON + 86_400_000, reason }], NOON);
      page = openPage(shared.inbox, {}, { clock: () => NOON + 600_000 });
      await page.signIn();
      const { text } = await page.get('/');
      expect(text).toContain('class="state warn"');
      expect(text).toContain(en.needs.held('1', en.why[reason] ?? ''));
      expect(text).toContain(en.attempts[reason]);
      expect(text).not.toContain(en.needs.late('10 minutes'));
    },
  );

  it('is green only where nothing needs a person, and each thing it names is a link', async () => {
    const { events } = await shared.inbox.accept(
      message({ events: Array.from({ length: 6 }, () => vitalEvent()) }),
    );
    const [none = 0, other = 0, archived = 0, poison = 0, aside = 0, tomorrow = 0] = events.map(
      ({ id }) => id,
    );
    await shared.inbox.claim(6, NOON);
    await shared.inbox.settle(
      [
        settled(none, { outcome: 'error', reason: 'match.none' }),
        settled(other, { outcome: 'error', reason: 'match.none' }),
        settled(archived, { outcome: 'error', reason: 'match.archived' }),
        { kind: 'dead', id: poison, reason: 'event.poison' },
        { kind: 'released', id: aside, dueAt: NOON + 9, reason: 'odoo.unreachable' },
        { kind: 'released', id: tomorrow, dueAt: NOON + 43_200_000, reason: 'event.future_date' },
      ],
      NOON,
    );
    // What a person set aside waits for nobody, nor does what its registry took back.
    await shared.inbox.setAside([aside]);
    const [withdrawn] = (await shared.inbox.accept(message())).events;
    await shared.inbox.withdraw([withdrawn?.id ?? 0], NOON);
    await shared.inbox.keepRefusals([REFUSAL]);
    page = openPage(shared.inbox, {}, { clock: () => NOON + 600_000 });
    await page.signIn();
    const sentence = /id="state"[^>]*>(.*?)<\/p>/s.exec((await page.get('/')).text)?.[1];
    expect(sentence).toBe(
      `${en.needs.lead} ${[
        ['/events?state=error&amp;reason=match.none', en.needs.error('2', en.why['match.none'] ?? '')],
        [
          '/events?state=error&amp;reason=match.archived',
          en.needs.error('1', en.why['match.archived'] ?? ''),
        ],
        ['/events?state=dead&amp;reason=event.poison', en.needs.dead('1', en.why['event.poison'] ?? '')],
        ['/refusals', en.needs.refused(1, '1')],
      ]
        .map(([href, text]) => `<a href="${href}">${text}</a>`)
        .join(', ')}.`,
    );
    await shared.inbox.pruneRefusals(Number.MAX_SAFE_INTEGER);
  });

  it('does not count what waits for its own date as late, until that has come', async () => {
    const { events } = await shared.inbox.accept(message());
    const id = events[0]?.id ?? 0;
    await shared.inbox.claim(1, NOON);
    const dueAt = NOON + 43_200_000;
    await shared.inbox.settle([{ kind: 'released', id, dueAt, reason: FUTURE_DATE }], NOON);
    let now = dueAt - 1;
    page = openPage(shared.inbox, {}, { clock: () => now });
    await page.signIn();
    const { text } = await page.get('/');
    expect(text).toContain('class="state well"');
    expect(text).toContain(`<dt>${en.overview.oldest}</dt><dd>${en.none}</dd>`);
    now = dueAt + 1000;
    expect((await page.get('/')).text).toContain(en.needs.late('12 hours'));
  });

  it('counts events that are deferred while Odoo is down as waiting', async () => {
    const { events } = await shared.inbox.accept(message());
    const id = events[0]?.id ?? 0;
    await shared.inbox.claim(1, NOON);
    await shared.inbox.settle(
      [{ kind: 'released', id, dueAt: NOON + 60_000, reason: 'odoo.unreachable' }],
      NOON,
    );
    page = openPage(shared.inbox, {}, { clock: () => NOON + 1_200_000, odooHealth: () => down });
    await page.signIn();
    const { text } = await page.get('/');
    expect(text).toContain('class="state bad"');
    expect(text).toContain(`<dt>${en.overview.oldest}</dt><dd>20 minutes</dd>`);
    expect(text).toContain(
      `<a href="/events?state=deferred&amp;order=oldest">${en.needs.late('20 minutes')}</a>`,
    );
  });
});

describe('the charts', () => {
  it('show an hour, a day and seven days, with what ended in an error by its reason', async () => {
    const DAY = 86_400_000;
    const MINUTE = 60_000;
    const ages = [0, 2 * MINUTE, 3 * 3_600_000, 3 * DAY, 8 * DAY];
    for (const [at, age] of ages.entries()) {
      const id = (await shared.inbox.accept(message({ receivedAt: NOON - age }))).events[0]?.id ?? 0;
      await shared.inbox.claim(1, NOON);
      const reason = at % 2 === 0 ? 'match.none' : 'match.archived';
      await shared.inbox.settle([settled(id, { outcome: 'error', reason })], NOON - age);
    }
    await page.signIn();
    const { text } = await page.get('/');
    const legend = (id: string) => {
      const part = text.slice(text.indexOf(`id="${id}-title"`));
      return [...part.slice(0, part.indexOf('</figcaption>')).matchAll(/<\/span>([^<]+) <strong>(\d+)/g)].map(
        ([, label, count]) => `${label} ${count}`,
      );
    };
    const { accepted, settled: done, errors, refused } = en.chart;
    expect(legend('hour')).toEqual([`${accepted} 2`, `${done} 2`, `${errors} 2`, `${refused} 0`]);
    expect(legend('day')).toEqual([`${accepted} 3`, `${done} 3`, `${errors} 3`, `${refused} 0`]);
    expect(legend('week')).toEqual([`${accepted} 4`, `${done} 4`, `${errors} 4`, `${refused} 0`]);
    expect(legend('reasons')).toEqual([`${en.why['match.archived']} 2`, `${en.why['match.none']} 2`]);
    // The numbers of one span, for the pointer.
    expect(text).toContain(`<title>12:00: ${accepted} 1, ${done} 1, ${errors} 1</title>`);
    expect(text).toContain(
      '<span class="top" aria-hidden="true">2</span><span class="middle" aria-hidden="true">1</span>',
    );
  });
});

describe('the catch-up', () => {
  const state = {
    plan: {
      source: 'crvs_main',
      types: ['birth'] as 'birth'[],
      from: '2024-01-01',
      to: '2024-01-31',
      attribute: null,
    },
    run: 'r-1',
    by: 'bridge' as const,
    pageSize: 100,
    sliceDays: 7,
    state: 'running' as const,
    startedAt: NOON,
    updatedAt: NOON,
    through: { birth: '2024-01-07' },
    counts: { records: 12, created: 10, known: 2, unreadable: 0 },
    unreadable: [],
    short: [],
    problem: null,
    retryAt: null,
  };
  const progress = {
    slice: { type: 'birth' as const, from: '2024-01-08', to: '2024-01-14' },
    page: 2,
    days: { done: 9, total: 31 },
    counts: { records: 15, created: 13, known: 2, unreadable: 0 },
  };

  it('shows its progress here and on the overview, and is stopped with a trace', async () => {
    const backfill = { status: async () => ({ state, progress }), stop: async () => true };
    page = openPage(shared.inbox, {}, { backfill });
    await page.signIn();
    expect((await page.get('/')).text).toContain(
      `<a href="/backfill">${en.backfill.title}</a>: ${en.overview.progress('9', '31')}`,
    );
    for (const path of ['/backfill', '/backfill/live']) {
      const { text } = await page.get(path);
      expect(text).toContain(`${en.backfill.days('9', '31')} <progress max="31" value="9"`);
      expect(text).toContain('Birth: 7 January 2024');
    }
    expect((await page.submit('/backfill/stop')).location).toBe('/backfill?done=stopping');
    expect(await actions()).toEqual(['backfill_stop', 'sign_in']);
  });

  it('says where there never was one', async () => {
    const backfill = { status: async () => ({ state: null, progress: null }), stop: async () => false };
    page = openPage(shared.inbox, {}, { backfill });
    await page.signIn();
    expect((await page.get('/backfill')).text).toContain(en.backfill.nothing);
    expect((await page.submit('/backfill/stop')).location).toBe('/backfill');
    expect(await actions()).toEqual(['sign_in']);
  });
});

describe('refusals', () => {
  it('are listed with what to say to the sender, by sender and by reason', async () => {
    await shared.inbox.keepRefusals([
      REFUSAL,
      { ...REFUSAL, senderId: null, reason: 'json.truncated', code: 'err.request.bad' },
      { ...REFUSAL, senderId: 'crvs.other', reason: 'something.new', code: 'err.request.forbidden' },
    ]);
    await page.signIn();
    const rows = async (path: string) => {
      const { text } = await page.get(path);
      return [...text.slice(text.indexOf('id="each"')).matchAll(/<td class="say">(.*?)<\/td>/g)].map(
        ([, say]) => say,
      );
    };
    const { advice } = en.refusals;
    const mismatch = advice['signature.mismatch']?.replaceAll('&', '&amp;');
    expect(await rows('/refusals')).toEqual([advice['err.request.forbidden'], advice.json, mismatch]);
    expect(await rows('/refusals?sender=crvs.test')).toEqual([mismatch]);
    expect(await rows('/refusals?reason=json.truncated')).toEqual([advice.json]);
    const { text } = await page.get('/refusals');
    expect(text).toContain('Registry of &lt;Utopia&gt;');
    expect(text).toContain('<code>c-1</code>');
    expect((await page.get('/refusals?before=x')).status).toBe(400);
    await shared.inbox.pruneRefusals(Number.MAX_SAFE_INTEGER);
    expect((await page.get('/refusals')).text).toContain(en.refusals.nothing);
  });
});

describe('many events', () => {
  it('are chosen by boxes, retried at once, and set aside after a question', async () => {
    const ids = [await death(), await death(), await death()];
    await page.signIn();
    const form_token = await page.formToken();
    // As browsers send boxes: one field for each.
    const body = new URLSearchParams({ form_token, action: 'set_aside', reason: 'match.none' });
    for (const id of ids.slice(0, 2)) body.append('id', String(id));
    const asked = await page.postText('/events/act', body.toString());
    expect(asked.text).toContain(en.confirm.chosen(2, '2'));
    expect(asked.text).toContain(`name="id" value="${ids[0]},${ids[1]}"`);
    expect(await shared.inbox.counts()).toMatchObject({ dead: 0, error: 3 });
    const fields = { action: 'set_aside', id: `${ids[0]},${ids[1]}`, sure: 'yes', reason: 'match.none' };
    expect((await page.submit('/events/act', fields)).location).toBe(
      '/events?reason=match.none&done=set_aside&count=2',
    );
    expect(await shared.inbox.counts()).toMatchObject({ dead: 2, error: 1 });
    const retried = await page.submit('/events/act', { action: 'retry', id: `${ids[0]},${ids[2]},999999` });
    expect(retried.location).toBe('/events?done=retry&count=2&skipped=not_found.1');
    expect((await page.get(retried.location ?? '')).text).toContain(
      `${en.done.retry(2, '2')} ${en.done.skipped(`${en.done.skips.not_found} 1`)}`,
    );
    expect((await shared.inbox.auditTrail({ limit: 2 })).map(({ action, count }) => [action, count])).toEqual(
      [
        ['retry', 2],
        ['set_aside', 2],
      ],
    );
  });

  it('are downloaded as CSV, as they are filtered, without personal data and formulas', async () => {
    const id = await death({ senderId: '=HYPERLINK("evil")' });
    const other = await death();
    await page.signIn();
    const whole = await page.get('/events.csv?state=error&order=oldest');
    expect(whole.headers.get('content-disposition')).toBe('attachment; filename="events.csv"');
    const [header, ...lines] = whole.text.trimEnd().split('\r\n');
    expect(header).toBe(
      'id,openspp_id,type,date,state,reason,received_at,settled_at,due_at,failures,sender,correlation_id',
    );
    expect(lines.map((line) => line.split(',')[0])).toEqual([String(id), String(other)]);
    expect(lines[0]).toContain(`"'=HYPERLINK(`);
    for (const secret of Object.values(SECRETS)) expect(whole.text).not.toContain(secret);
    expect(await shared.inbox.auditTrail({ limit: 1 })).toMatchObject([
      { action: 'export', filter: 'state=error' },
    ]);
    expect((await page.get('/events.csv?sender=crvs.test')).text.trimEnd().split('\r\n')).toHaveLength(2);
  });

  it('are sorted by a column, also on the next page, from event to event and in the CSV', async () => {
    const senders = Array.from({ length: 60 }, (_, at) => `crvs.${String(at % 30).padStart(2, '0')}`);
    const ids: number[] = [];
    for (const senderId of senders) ids.push(await death({ senderId }));
    const sorted = [...ids.keys()]
      .sort((a, b) => (senders[a] ?? '').localeCompare(senders[b] ?? '') || b - a)
      .map((at) => ids[at] ?? 0);
    await page.signIn();
    const rowsOf = (text: string) =>
      [...text.matchAll(/<th scope="row" class="number"><a href="\/events\/(\d+)/g)].map(([, id]) =>
        Number(id),
      );
    const heads = (text: string) =>
      [...text.matchAll(/<th scope="col"( aria-sort="\w+")?><a href="([^"]+)"/g)].map(
        ([, sort, href]) => `${href?.replaceAll('&amp;', '&')}${sort ?? ''}`,
      );
    const { text: plain } = await page.get('/events?state=error');
    expect(heads(plain)).toEqual([
      '/events?state=error&sort=type',
      '/events?state=error&sort=date',
      '/events?state=error&sort=state',
      '/events?state=error&sort=reason',
      '/events?state=error&order=oldest aria-sort="descending"',
      '/events?state=error&sort=-took',
      '/events?state=error&sort=sender',
      '/events?state=error&sort=-attempts',
    ]);
    const { text } = await page.get('/events?state=error&sort=sender');
    expect(rowsOf(text)).toEqual(sorted.slice(0, 50));
    // Only one heading says so; once more, it is the other way round.
    expect(heads(text).filter((head) => head.includes('aria-sort'))).toEqual([
      '/events?state=error&sort=-sender aria-sort="ascending"',
    ]);
    expect(heads(text)).toContain('/events?state=error');
    expect(text).toContain('<option value="sender" selected>');
    expect(text, 'what moves is not brought up to date').not.toContain('data-live');
    const next = /rel="next" href="([^"]+)"/.exec(text)?.[1]?.replaceAll('&amp;', '&') ?? '';
    expect(next).toBe(`/events?state=error&sort=sender&after=${sorted[49]}`);
    const second = await page.get(next);
    expect(rowsOf(second.text)).toEqual(sorted.slice(50));
    expect(second.text).toContain(`<a href="/events?state=error&amp;sort=sender">${en.events.first}</a>`);
    // A page that begins after an event that was deleted begins again.
    expect(rowsOf((await page.get('/events?sort=sender&after=999999')).text)).toEqual(sorted.slice(0, 50));

    const event = await page.get(`/events/${sorted[50]}?state=error&sort=sender`);
    expect(event.text).toContain(`rel="prev" href="/events/${sorted[49]}?state=error&amp;sort=sender"`);
    expect(event.text).toContain(`rel="next" href="/events/${sorted[51]}?state=error&amp;sort=sender"`);
    const csv = await page.get('/events.csv?state=error&sort=-sender');
    const downwards = [...ids.keys()]
      .sort((a, b) => (senders[b] ?? '').localeCompare(senders[a] ?? '') || b - a)
      .map((at) => String(ids[at]));
    expect(
      csv.text
        .trimEnd()
        .split('\r\n')
        .slice(1)
        .map((line) => line.split(',')[0]),
    ).toEqual(downwards);
    expect((await page.get('/events?sort=sideways')).status).toBe(400);
    expect(rowsOf((await page.get('/events?sort=oldest')).text)[0]).toBe(ids[0]);
  });

  it('stay where they are while they change, and new ones are announced', async () => {
    const id = await death();
    await page.signIn();
    const { text } = await page.get('/events?state=error');
    const address = /data-live="([^"]+)"/.exec(text)?.[1]?.replaceAll('&amp;', '&') ?? '';
    await shared.inbox.retry([id]);
    await death();
    const live = (await page.get(address)).text;
    // The row stays, although it no longer matches.
    expect(live).toContain(`value="${id}"`);
    expect(live).toContain(`<span class="pill delivering">${en.states.delivering}</span>`);
    expect(live).toContain(en.events.newer(1, '1'));
  });
});

describe('one event', () => {
  it.each([
    ['processed', (id: number) => settled(id), null],
    ['no match', (id: number) => settled(id, { outcome: 'error', reason: 'match.none' }), 'retry'],
    ['taken back', (id: number) => settled(id, { outcome: 'error', reason: 'event.revoked' }), 'openspp'],
    [
      'waits for reviewers',
      (id: number) => ({
        kind: 'released' as const,
        id,
        dueAt: NOON + 9,
        reason: 'openspp.request_undecided',
        odooEventId: 77,
      }),
      'openspp',
    ],
    [
      'waits for Odoo',
      (id: number) => ({ kind: 'released' as const, id, dueAt: NOON + 9, reason: 'odoo.unreachable' }),
      null,
    ],
    ['dead', (id: number) => ({ kind: 'dead' as const, id, reason: 'event.poison' }), 'retry'],
  ])('makes the button that helps it the primary one: %s', async (_what, settlement, help) => {
    const id = (await shared.inbox.accept(message())).events[0]?.id ?? 0;
    await shared.inbox.claim(1, NOON);
    await shared.inbox.settle([settlement(id)], NOON);
    await page.signIn();
    const { text } = await page.get(`/events/${id}`);
    const actions = text.slice(text.indexOf('id="actions"'), text.indexOf('id="personal"'));
    const primary = /class="(?:button )?primary"[^>]*>([^<]+)</.exec(actions)?.[1] ?? null;
    const labels = { retry: en.event.retry, openspp: expect.stringContaining('in OpenSPP') };
    expect(primary).toEqual(help === null ? null : labels[help as keyof typeof labels]);
  });

  it('keeps the list that it was opened from, and says who set it aside and when', async () => {
    const [older = 0, id = 0, newer = 0] = [await death(), await death(), await death()];
    await death({ senderId: 'crvs.other' });
    page.place.now = NOON + 5000;
    await page.signIn();
    const { text } = await page.get(`/events/${id}?state=error&sender=crvs.test`);
    expect(text).toContain('href="/events?state=error&amp;sender=crvs.test" class="up"');
    expect(text).toContain(`rel="prev" href="/events/${newer}?state=error&amp;sender=crvs.test"`);
    expect(text).toContain(`rel="next" href="/events/${older}?state=error&amp;sender=crvs.test"`);
    const aside = await page.submit(`/events/${id}/set-aside?state=error`);
    expect(aside.location).toBe(`/events/${id}?state=error&done=set_aside&count=1`);
    const actor = (await shared.inbox.auditTrail({ limit: 1 }))[0]?.actor ?? '';
    const after = await page.get(aside.location ?? '');
    expect(after.text).toContain(en.event.doneBy(en.audit.actions.set_aside ?? '', actor));
    expect(after.text).toContain('12:00:05 UTC');
  });

  it('shows its change requests with their states, and says where Odoo does not answer', async () => {
    const id = await death();
    const asked: number[] = [];
    const changeRequests = async (row: number) => {
      asked.push(row);
      return [{ id: 5, name: 'CR/2026/00001', standing: 'rejected' }];
    };
    page = openPage(shared.inbox, {}, { changeRequests });
    await page.signIn();
    expect((await page.get(`/events/${id}`)).text).toContain(
      `<a href="https://odoo.example/odoo/spp.change.request/5" target="_blank" rel="noopener noreferrer">CR/2026/00001</a>: ${en.event.standings.rejected}`,
    );
    expect(asked).toEqual([77]);
    page = openPage(shared.inbox, {}, { changeRequests: () => Promise.reject(new Error('down')) });
    await page.signIn();
    expect((await page.get(`/events/${id}`)).text).toContain(en.event.requestsUnread);
  });
});

describe('every page', () => {
  it('lets nothing in from elsewhere, and is kept nowhere', async () => {
    await page.signIn();
    for (const path of ['/', '/events', '/refusals', '/senders', '/sources', '/audit']) {
      const { headers, text } = await page.get(path);
      expect(headers.get('cache-control')).toBe('no-store');
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).not.toContain('unsafe');
      expect(text, path).not.toMatch(/<script(?! src="\/page\/)|<style|style="|onclick|https?:\/\/(?!odoo)/);
      expect((await page.get(/src="([^"]+)"/.exec(text)?.[1] ?? '')).headers.get('content-type')).toContain(
        'javascript',
      );
    }
  });

  it('speaks the language of the browser, or the one that was chosen', async () => {
    for (const [accepted, language] of [
      ['fr-CH, fr;q=0.9, en;q=0.8', 'fr'],
      ['de, en;q=0.5, fr;q=0.7', 'fr'],
      ['sw', 'en'],
      ['fr;q=0, en', 'en'],
      [undefined, 'en'],
    ] as const)
      expect(preferredLanguage(accepted), accepted).toBe(language);
    expect((await page.get('/sign-in', { 'accept-language': 'fr' })).text).toContain(
      fr.signIn.intro.slice(0, 20),
    );
    const chosen = await page.post('/preferences', {
      language: 'fr',
      theme: 'dark',
      back: '/events?type=birth',
    });
    expect(chosen.location).toBe('/events?type=birth');
    expect(chosen.headers.getSetCookie().join()).toMatch(/crvs_bridge_language=fr;.*crvs_bridge_theme=dark;/);
    const { text } = await page.get('/sign-in', {
      cookie: 'crvs_bridge_language=fr; crvs_bridge_theme=dark',
    });
    expect(text).toContain('<html lang="fr" data-theme="dark" data-keys="on">');
    const off = await page.post('/preferences', { keys: 'off', back: '/events' });
    expect(off.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^crvs_bridge_keys=off; Max-Age=31536000;/),
    ]);
    await page.signIn();
    const cookie = `${page.cookie}; crvs_bridge_keys=off`;
    const without = await page.get('/events', { cookie });
    expect(without.text).toContain('data-keys="off"');
    expect(without.text).toContain(`<option value="off" selected>${en.preferences.keysOff}</option>`);
    expect(without.text).not.toContain(en.events.keys);
    expect((await page.get('/events')).text).toContain(en.events.keys);
    expect((await page.post('/preferences', { language: 'x', back: '//evil.example' })).location).toBe('/');
  });
});
