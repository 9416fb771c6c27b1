import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ServerType, serve } from '@hono/node-server';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Inbox, Settlement } from '../../src/inbox/inbox.ts';
import { openSqliteInbox } from '../../src/inbox/sqlite/sqlite-inbox.ts';
import { LANGUAGES } from '../../src/page/texts/index.ts';
import { message, settled, vitalEvent } from '../inbox/support.ts';
import { CHROMIUM, launchChromium, look, PATIENCE_MS, TEST_MS } from './browser.ts';
import { openPage } from './support.ts';
import { TOKEN } from './token.ts';

const { en, fr } = LANGUAGES;
const SENDERS = ['crvs.north', 'crvs.south', 'crvs.east', 'crvs.west'];
const EVENTS = 400;
const SECRET = 'NID-7777-1234';

/** Every way in which an event is not processed, and one in which it is. */
const WAYS: readonly ((id: number, now: number) => Settlement)[] = [
  ...[
    'match.none',
    'match.archived',
    'match.hidden',
    'match.several',
    'match.no_identifier',
    'openspp.refused',
    'event.revoked',
  ].map(
    (reason) => (id: number) => settled(id, { outcome: 'error', reason, errorMessage: `about ${SECRET}` }),
  ),
  ...['openspp.request_undecided', 'openspp.registry_locked', 'event.future_date', 'odoo.unreachable'].map(
    (reason) => (id: number, now: number) => ({
      kind: 'released' as const,
      id,
      dueAt: now + 86_400_000,
      reason,
    }),
  ),
  (id) => ({ kind: 'dead', id, reason: 'event.poison' }),
  (id) => settled(id),
];

describe.skipIf(CHROMIUM === null)('triage of 400 events in all reasons', () => {
  let folder: string;
  let inbox: Inbox;
  let server: ServerType;
  let url: string;
  let browser: Awaited<ReturnType<typeof launchChromium>>;
  // The page keeps what it counted for a second: no test is to see the events of the one before.
  let aheadMs = 0;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'crvs-bridge-triage-'));
    inbox = await openSqliteInbox({ path: join(folder, 'inbox.db'), exclusive: true });
    const senders = SENDERS.map((senderId) => ({
      sender: {
        senderId,
        name: senderId,
        algorithm: null,
        keys: [],
        jwksUrl: null,
        problem: null,
      },
      fetchedAt: null,
    })) as unknown as { sender: never; fetchedAt: null }[];
    const { app } = openPage(
      inbox,
      {},
      {
        clock: () => Date.now() + aheadMs,
        senders: { list: () => senders, size: SENDERS.length },
        nameOf: (id) => id,
      },
    );
    const listening = Promise.withResolvers<number>();
    server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) =>
      listening.resolve(port),
    );
    url = `http://127.0.0.1:${await listening.promise}`;
    browser = await launchChromium(url);
  }, TEST_MS);
  afterAll(async () => {
    await browser?.close();
    server?.close();
    await inbox?.close();
    rmSync(folder, { recursive: true, force: true });
  }, TEST_MS);

  /** How many events of a sender ended in a way. */
  const expected = EVENTS / SENDERS.length;
  let noMatchOfNorth: number[];
  beforeEach(async () => {
    const now = Date.now();
    aheadMs += 2000;
    noMatchOfNorth = [];
    for (const [at, senderId] of SENDERS.entries()) {
      const events = Array.from({ length: expected }, () =>
        vitalEvent({ identifiers: [{ type: 'UIN', value: SECRET }] }),
      );
      const { events: made } = await inbox.accept(message({ senderId, receivedAt: now - at, events }));
      await inbox.claim(EVENTS, now);
      const ways = made.map(({ id }, position) => WAYS[position % WAYS.length]?.(id, now));
      await inbox.settle(
        ways.filter((way) => way !== undefined),
        now,
      );
      if (senderId === 'crvs.north')
        noMatchOfNorth = made.flatMap(({ id }, position) => (position % WAYS.length === 0 ? [id] : []));
    }
    await inbox.keepRefusals(
      ['signature.mismatch', 'json.truncated'].map((reason) => ({
        at: now,
        connector: 'dci',
        route: '/registry/notify',
        senderId: 'crvs.north',
        code: 'err.request.bad',
        status: 400,
        reason,
        field: null,
        correlationId: 'c-1',
      })),
    );
    return async () => {
      // Whatever is left is settled and deleted, so that each test counts its own events.
      const all = await inbox.list({ limit: 10_000 });
      const ids = all.map(({ id }) => id);
      await inbox.retry(ids);
      await inbox.claim(10_000, now + 200_000_000);
      await inbox.settle(
        ids.map((id) => settled(id)),
        now,
      );
      await inbox.prune(Number.MAX_SAFE_INTEGER);
      await inbox.pruneAudit(Number.MAX_SAFE_INTEGER);
      await inbox.pruneRefusals(Number.MAX_SAFE_INTEGER);
    };
  });

  async function signIn(page: Page, texts: typeof en | typeof fr = en): Promise<void> {
    await page.goto(url);
    await page.getByLabel(texts.signIn.token).fill(TOKEN);
    await page.keyboard.press('Enter');
    await page.locator('.sentence').waitFor();
  }

  it(
    'finds all "no match" of one sender, retries them and exports them in 6 clicks, unmasking nothing',
    async () => {
      const { page, troubles, close } = await browser.open({ locale: 'en', acceptDownloads: true });
      await signIn(page);
      let clicks = 0;
      const click = async (what: ReturnType<Page['locator']>) => {
        clicks += 1;
        await what.click();
      };
      const perWay = Math.ceil(expected / WAYS.length);
      const all = perWay * SENDERS.length;
      const why = en.why['match.none'] ?? '';
      await click(page.locator('#needs').getByRole('link', { name: en.needs.error(String(all), why) }));
      await page.getByText(en.events.count(all, String(all), true)).waitFor();
      await click(page.getByRole('link', { name: 'crvs.north' }).first());
      await page.getByText(en.events.count(perWay, String(perWay), true)).waitFor();
      await click(page.getByRole('button', { name: en.events.retryAll }));
      await click(page.getByRole('button', { name: en.confirm.buttons.retry }));
      await page.getByText(en.done.retry(perWay, String(perWay))).waitFor();
      const coming = page.waitForEvent('download');
      await click(page.getByRole('link', { name: en.events.csv }));
      const download = await coming;

      expect(clicks).toBeLessThanOrEqual(6);
      const csv = readFileSync(await download.path(), 'utf8');
      const rows = csv.trimEnd().split('\r\n').slice(1);
      expect(rows.map((row) => Number(row.split(',')[0])).sort((a, b) => a - b)).toEqual(noMatchOfNorth);
      expect(csv).not.toContain(SECRET);
      expect(await page.content()).not.toContain(SECRET);
      // Retrying is one entry of the audit log, and nobody asked for personal data.
      const trail = await inbox.auditTrail({});
      expect(trail.map(({ action, count, filter }) => [action, count, filter])).toEqual([
        ['export', null, `audit=${trail[1]?.id}`],
        ['retry', perWay, 'state=error&sender=crvs.north&reason=match.none'],
        ['sign_in', null, null],
      ]);
      expect((await inbox.list({ ids: noMatchOfNorth })).every(({ state }) => state === 'waiting')).toBe(
        true,
      );
      expect(troubles).toEqual([]);
      await close();
    },
    TEST_MS,
  );

  it.each([
    { texts: en, scheme: 'light', width: 1280 },
    { texts: fr, scheme: 'dark', width: 390 },
  ] as const)(
    'shows reasons, refusals and charts to everybody: $texts.code, $scheme, $width wide',
    async ({ texts, scheme, width }) => {
      const { page, troubles, close } = await browser.open({
        locale: texts.code,
        colorScheme: scheme,
        viewport: { width, height: 900 },
      });
      const see = (name: string) => look(page, `triage-${name}-${texts.code}-${width}`, { width, axe: true });
      await signIn(page, texts);
      await page.locator('.state.warn').waitFor();
      await see('overview');
      // By the pointer and by the keyboard, one span at a time.
      const chart = page.locator('#week-title').locator('..').locator('.plot svg').first();
      await chart.focus();
      const readout = page.locator('#week-readout');
      await expect.poll(() => readout.textContent(), { timeout: PATIENCE_MS }).toContain(texts.chart.errors);
      await page.locator('#hour-title').locator('..').locator('.span').last().hover();
      await expect
        .poll(() => page.locator('#hour-readout').textContent(), { timeout: PATIENCE_MS })
        .toContain(texts.chart.accepted);

      await page.goto(`${url}/events?state=error`);
      await see('events');
      const list = await page.locator('table.events').boundingBox();
      const filter = await page.locator('form.filter').boundingBox();
      if (width < 700) expect(list?.y, 'the list comes first').toBeLessThan(filter?.y ?? 0);
      await page.goto(`${url}/refusals`);
      await page.getByText(texts.refusals.advice['signature.mismatch'] ?? '').waitFor();
      await see('refusals');
      await page.goto(`${url}/events/${noMatchOfNorth[0]}?state=error`);
      await see('event');
      expect(troubles).toEqual([]);
      await close();
    },
    TEST_MS,
  );

  it(
    'is used by keys, keeps the filter on the way back, and moves nothing while it is read',
    async () => {
      const { page, troubles, close } = await browser.open({ locale: 'en' });
      await signIn(page);
      await page.goto(`${url}/events?state=error&reason=match.none`);
      await page.keyboard.press('j');
      await page.keyboard.press('j');
      const second = await page.locator('table.events tbody tr').nth(1).locator('th a').textContent();
      expect(await page.evaluate('document.activeElement.textContent')).toBe(second);
      await page.keyboard.press('x');
      expect(await page.locator('input[name="id"]').nth(1).isChecked()).toBe(true);
      await page.keyboard.press('k');
      await page.keyboard.press('/');
      expect(await page.evaluate('document.activeElement.id')).toBe('search');

      // A new event is announced; the rows stay where they are, and the box stays chosen.
      const row = page.locator('table.events tbody tr').nth(1);
      const before = await row.boundingBox();
      const now = Date.now();
      const { events } = await inbox.accept(message({ senderId: 'crvs.new', receivedAt: now }));
      const id = events[0]?.id ?? 0;
      await inbox.claim(EVENTS, now);
      await inbox.settle([settled(id, { outcome: 'error', reason: 'match.none' })], now);
      await page.getByRole('link', { name: en.events.newer(1, '1') }).waitFor();
      expect(await row.boundingBox()).toEqual(before);
      expect(await row.locator('th a').textContent()).toBe(second);
      expect(await row.locator('input').isChecked()).toBe(true);

      await row.locator('th a').click();
      await page.locator('.timeline').waitFor();
      await page.keyboard.press('j');
      await page.waitForURL(/\/events\/\d+\?state=error&reason=match\.none$/);
      await page.getByRole('button', { name: en.copy }).first().click();
      await page.locator('a.up').click();
      await page.waitForURL(`${url}/events?state=error&reason=match.none`);
      expect(troubles).toEqual([]);
      await close();
    },
    TEST_MS,
  );

  /** One event more, in error for a reason. */
  async function another(reason: string): Promise<void> {
    const now = Date.now();
    const { events } = await inbox.accept(message({ senderId: 'crvs.new', receivedAt: now }));
    await inbox.claim(EVENTS, now);
    await inbox.settle([settled(events[0]?.id ?? 0, { outcome: 'error', reason })], now);
  }

  it.each([
    { what: 'the pointer', at: '#types tbody tr:last-child th a' },
    { what: 'the focus', at: '#types tbody tr:last-child th a' },
    { what: 'somebody who only reads', at: '#hour-title' },
  ])(
    'updates the overview under $what without moving it',
    async ({ what, at }) => {
      const { page, troubles, close } = await browser.open({
        locale: 'en',
        viewport: { width: 800, height: 700 },
        reducedMotion: 'reduce',
      });
      await signIn(page);
      const read = page.locator(at);
      await page.evaluate(`document.querySelector('${at}').scrollIntoView({ block: 'center' })`);
      if (what === 'the pointer') await read.hover();
      if (what === 'the focus') await read.focus();
      const [before, tall] = [await read.boundingBox(), await page.locator('#how').boundingBox()];
      expect(before?.y, 'it is in the middle of the window').toBeGreaterThan(250);
      // So many that the list of them needs more lines.
      for (const reason of [
        'match.contradiction',
        'match.not_registrant',
        'event.implausible',
        'openspp.missing',
        'openspp.row_gone',
      ])
        await another(reason);
      await page
        .locator('#needs')
        .getByRole('link', { name: en.needs.error('1', en.why['openspp.row_gone'] ?? '') })
        .waitFor();
      expect((await page.locator('#how').boundingBox())?.height).toBeGreaterThan(tall?.height ?? 0);
      expect((await read.boundingBox())?.y).toBeCloseTo(before?.y ?? 0, 0);
      expect(await page.locator('.held').isHidden()).toBe(true);
      expect(troubles).toEqual([]);
      await close();
    },
    TEST_MS,
  );

  it(
    'changes no link of the overview while the pointer or the focus is there, says so, and does it afterwards',
    async () => {
      const { page, troubles, close } = await browser.open({ locale: 'en' });
      await signIn(page);
      const news = (reason: string) =>
        page.locator('#how').getByRole('link', { name: en.needs.error('1', en.why[reason] ?? '') });
      const links = () =>
        page.evaluate(
          "[...document.querySelectorAll('#how a')].map(({ href, textContent }) => [href, textContent])",
        );
      for (const { reason, come, go } of [
        {
          reason: 'match.contradiction',
          come: () => page.locator('#needs a').first().hover(),
          go: () => page.mouse.move(2, 2),
        },
        {
          reason: 'event.implausible',
          come: () => page.locator('#needs a').first().focus(),
          go: () => page.locator('#search').focus(),
        },
      ]) {
        await come();
        const before = await links();
        expect(before).toHaveLength((await page.locator('#how a').count()) || 1);
        await another(reason);
        await page.locator('.held').waitFor();
        expect(await links()).toEqual(before);
        await go();
        await news(reason).first().waitFor();
        expect(await page.locator('.held').isHidden()).toBe(true);
      }
      // Texts of what stays change under the pointer as well.
      const most = page.locator('#needs a').first();
      await most.hover();
      const count = Number.parseInt((await most.textContent()) ?? '', 10);
      const address = (await most.getAttribute('href')) ?? '';
      await another(new URLSearchParams(address.split('?')[1]).get('reason') ?? '');
      await expect
        .poll(() => most.textContent(), { timeout: PATIENCE_MS })
        .toMatch(new RegExp(`^${count + 1} `));
      expect(await most.getAttribute('href')).toBe(address);
      expect(troubles).toEqual([]);
      await close();
    },
    TEST_MS,
  );

  it(
    'sorts by a column with the keyboard, says so to a screen reader, and keeps it in the address',
    async () => {
      const { page, troubles, close } = await browser.open({ locale: 'en' });
      await signIn(page);
      await page.goto(`${url}/events?state=error`);
      const head = page.getByRole('columnheader', { name: en.events.sender });
      await head.getByRole('link').focus();
      await page.keyboard.press('Enter');
      await page.waitForURL(`${url}/events?state=error&sort=sender`);
      expect(await head.getAttribute('aria-sort')).toBe('ascending');
      expect(await page.locator('th[aria-sort]').count()).toBe(1);
      const firstSender = () =>
        page.locator('table.events tbody tr').first().locator('td').nth(7).textContent();
      expect(await firstSender()).toBe('crvs.east');
      await head.getByRole('link').click();
      await page.waitForURL(`${url}/events?state=error&sort=-sender`);
      expect(await head.getAttribute('aria-sort')).toBe('descending');
      expect(await firstSender()).toBe('crvs.west');
      const [first, second] = await page.locator('table.events tbody th a').allTextContents();
      await page.locator('table.events tbody th a').first().click();
      await page.waitForURL(`${url}/events/${first}?state=error&sort=-sender`);
      await page.getByRole('link', { name: en.event.next }).click();
      await page.waitForURL(`${url}/events/${second}?state=error&sort=-sender`);
      await page.locator('a.up').click();
      await page.waitForURL(`${url}/events?state=error&sort=-sender`);
      await page.getByRole('link', { name: en.events.next }).click();
      await page.waitForURL(/sort=-sender&after=\d+$/);
      // Without a table in view, as on a telephone, the form does it.
      await page.getByLabel(en.events.order).selectOption('oldest');
      await page.getByRole('button', { name: en.events.apply, exact: true }).click();
      await page.waitForURL(/sort=oldest/);
      expect(troubles).toEqual([]);
      await close();
    },
    TEST_MS,
  );

  it(
    'does nothing at a single key once these are switched off, and remembers that',
    async () => {
      const { page, troubles, close } = await browser.open({ locale: 'en' });
      await signIn(page);
      const active = () => page.evaluate('document.activeElement.id || document.activeElement.tagName');
      await page.goto(`${url}/events?state=error`);
      await page.getByLabel(en.preferences.keys, { exact: true }).selectOption('off');
      await page.locator('html[data-keys=off]').waitFor();
      await page.goto(`${url}/events`);
      expect(await page.getByText(en.events.keys).count()).toBe(0);
      for (const key of ['/', 'j', 'k', 'x']) await page.keyboard.press(key);
      expect(await active()).toBe('BODY');
      expect(await page.locator('input[name="id"]:checked').count()).toBe(0);
      await page.getByLabel(en.preferences.keys, { exact: true }).selectOption('on');
      await page.locator('html[data-keys=on]').waitFor();
      await page.getByText(en.events.keys).waitFor();
      await page.locator('h1').click();
      await page.keyboard.press('/');
      expect(await active()).toBe('search');
      expect(troubles).toEqual([]);
      await close();
    },
    TEST_MS,
  );

  it(
    'sets chosen events aside and changes the order without scripts',
    async () => {
      const { page, troubles, close } = await browser.open({ locale: 'en', javaScriptEnabled: false });
      await signIn(page);
      await page
        .getByRole('navigation', { name: en.nav.label })
        .getByRole('link', { name: en.nav.events })
        .click();
      const quick = page.getByRole('navigation', { name: en.events.quick });
      await quick.getByRole('link', { name: en.why['match.archived'] ?? '' }).click();
      const newest = await page.locator('table.events tbody th a').first().textContent();
      await page.getByRole('link', { name: en.events.sender, exact: true }).click();
      await page.locator('th[aria-sort=ascending]', { hasText: en.events.sender }).waitFor();
      await page.getByRole('link', { name: en.events.received }).click();
      await page.locator('th[aria-sort=descending]', { hasText: en.events.received }).waitFor();
      await page.getByRole('link', { name: en.events.received }).click();
      expect(await page.locator('table.events tbody th a').first().textContent()).not.toBe(newest);
      await page.locator('input[name="id"]').nth(0).check();
      await page.locator('input[name="id"]').nth(1).check();
      await page.getByRole('button', { name: en.events.setAside }).click();
      await page.getByText(en.confirm.chosen(2, '2')).waitFor();
      await page.getByRole('button', { name: en.confirm.buttons.set_aside }).click();
      await page.getByText(en.done.set_aside(2, '2')).waitFor();
      expect(page.url()).toContain('reason=match.archived&order=oldest');
      expect(await inbox.count({ reason: 'event.set_aside' }, 10)).toBe(2);
      expect(troubles).toEqual([]);
      await close();
    },
    TEST_MS,
  );
});
