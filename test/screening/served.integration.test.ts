import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openInbox } from '../../src/inbox/open.ts';
import { pruneScreenings } from '../../src/screening/service.ts';
import { ADMIN_TOKEN, type TestBridge, testBridge } from '../bridge.ts';
import { run } from '../cli/run.ts';
import { PATIENCE } from '../patience.ts';
import { type ListRegistry, listRegistry } from './list-registry.ts';

const COUNT = 24;

let registry: ListRegistry;
let bridge: TestBridge;
let people: number[];
let program: number;
let household: number;

const uin = (n: number) => `S-77${String(n).padStart(3, '0')}`;

beforeAll(async () => {
  registry = await listRegistry({
    deaths: new Map([
      [uin(3), '2026-02-03'],
      [uin(8), '2026-02-08'],
    ]),
    refused: new Set([uin(5)]),
  });
  bridge = await testBridge({
    seed(sandbox) {
      for (const code of ['crvs_main', 'ibr_main']) sandbox.source({ code, base_url: registry.url });
      const numbers = Array.from({ length: COUNT - 1 }, (_, n) => ({ national_id: uin(n) }));
      people = sandbox.people(...numbers, {});
      people.forEach((id, n) => {
        sandbox.asAdmin('res.partner', 'write', { ids: [id], vals: { name: `Person Ödön ${n}` } });
      });
      program = sandbox.program();
      [household = 0] = sandbox.create('res.partner', {
        name: 'Household',
        is_registrant: true,
        is_group: true,
      });
      const members = people.slice(0, 4).map((individual) => ({ group: household, individual }));
      sandbox.create('spp.group.membership', ...members);
      sandbox.enroll(program, [household, ...people.slice(4)]);
    },
  });
});
afterAll(async () => {
  await bridge.close();
  await registry.close();
});

const api = (path: string, body?: object, token?: string) =>
  bridge.api(`screenings${path}`, body, token === undefined ? {} : { token });
const post = (path: string) => bridge.api(`screenings${path}`, undefined, { method: 'POST' });

async function finished(id: string) {
  await vi.waitFor(async () => {
    expect(await api(`/${id}`)).toMatchObject({ json: { screening: { state: 'done' } } });
  }, PATIENCE);
}

const DEATHS = { kind: 'deaths', fileEvents: true } as const;
const expected = () => ({ alive: COUNT - 4, deceased: 2, not_known: 1, no_identifier: 1 });

describe('a serving bridge', () => {
  let id: string;

  it('screens a program, files its deaths, and OpenSPP has them', async () => {
    const asked = { ...DEATHS, population: { of: 'program', id: program } };
    const estimate = await api('/estimate', asked);
    expect(estimate).toMatchObject({
      status: 200,
      json: { people: COUNT, noIdentifier: 1, questions: COUNT - 1, requests: 1 },
    });
    expect(registry.requests).toBe(0);
    const begun = await api('', asked);
    expect(begun).toMatchObject({ status: 202, json: { screening: { state: 'running', by: 'bridge' } } });
    id = begun.json.screening.id;
    await finished(id);
    const { json: shown } = await api(`/${id}`);
    expect(shown.screening.counts).toMatchObject({ outcomes: expected(), effects: { filed: 2 } });
    await vi.waitFor(() => {
      const rows = bridge.sandbox.rows<{ id: number }>(
        'res.partner',
        ['id'],
        [
          ['disabled', '!=', false],
          ['id', 'in', people],
        ],
      );
      expect(rows.map((row) => row.id).sort((a, b) => a - b)).toEqual([people[3], people[8]]);
    }, PATIENCE);
    expect((await api('')).json.screenings).toHaveLength(1);
  });

  it('gives the report as CSV and JSON, every registrant once', async () => {
    const csv = await api(`/${id}/report.csv`);
    expect(csv.headers.get('content-type')).toMatch(/^text\/csv; charset=utf-8/);
    const lines = csv.text.replace(/^\ufeff/, '').split('\r\n');
    expect(lines[0]).toBe(
      'registrant_id,answer,reason,death_date,death_number,asked_at,taken_over,effect,detail',
    );
    expect(lines.at(-1)).toBe('');
    expect(lines.slice(1, -1).map((line) => Number(line.split(',')[0]))).toEqual(people);
    expect(lines[4]).toContain(`deceased,,2026-02-03,D-${uin(3)}`);
    const report = await api(`/${id}/report.json`);
    const { registrants } = report.json as { registrants: { registrantId: number; outcome: string }[] };
    expect(registrants.map(({ registrantId }) => registrantId)).toEqual(people);
    expect(registrants[8]).toMatchObject({ outcome: 'deceased', date: '2026-02-08', effect: 'filed' });
    expect(csv.text + JSON.stringify(report)).not.toContain('Person');
  });

  it('says what is wrong with a request', async () => {
    const all = { of: 'all' };
    expect(await api('', { kind: 'births', population: all })).toMatchObject({ status: 400 });
    expect(await api('', { kind: 'deaths', population: { of: 'program' } })).toMatchObject({
      status: 400,
    });
    expect(await api('', { kind: 'disability', population: all, fileEvents: true })).toMatchObject({
      status: 400,
      json: { message: { error: { message: expect.stringContaining('file-events') } } },
    });
    expect(await api('/0000')).toMatchObject({ status: 404 });
    expect(await post('/0000/cancel')).toMatchObject({ status: 404 });
    expect(await post(`/${id}/resume`)).toMatchObject({ status: 409 });
    expect((await api(`/${id}/report.csv`, undefined, 'x'.repeat(40))).status).toBe(401);
    const nobody = { ...DEATHS, population: { of: 'cycle', id: 424_242 } };
    expect(await api('/estimate', nobody)).toMatchObject({ status: 422 });
    const failing = (await api('', nobody)).json.screening.id;
    await vi.waitFor(async () => {
      expect(await api(`/${failing}`)).toMatchObject({
        json: { screening: { state: 'failed', problem: expect.stringContaining('cycle') } },
      });
    }, PATIENCE);
  });

  it('records duplication checks', async () => {
    const begun = await api('', { kind: 'duplicates', population: { of: 'all' } });
    await finished(begun.json.screening.id);
    const checks = bridge.sandbox.rows('spp.dci.duplication.check', ['partner_id', 'result', 'state']);
    // Those whose deaths were applied are no longer asked about.
    expect(checks).toHaveLength(COUNT - 3);
    expect(checks.filter(({ state }) => state === 'failed')).toHaveLength(1);
  });

  it('shows screenings on the page, with persons masked until they are asked for', async () => {
    let cookie = '';
    const page = async (path: string, fields?: Record<string, string>) => {
      const response = await fetch(`${bridge.url}${path}`, {
        redirect: 'manual',
        headers: { cookie, origin: bridge.url, 'sec-fetch-site': 'same-origin' },
        ...(fields ? { method: 'POST', body: new URLSearchParams(fields) } : {}),
      });
      const set = response.headers.getSetCookie().find((one) => one.startsWith('crvs_bridge_session='));
      if (set) cookie = set.split(';')[0] ?? '';
      return {
        status: response.status,
        location: response.headers.get('location'),
        text: await response.text(),
      };
    };
    await page('/sign-in', { token: ADMIN_TOKEN });
    const list = await page('/screenings');
    expect(list.text).toContain(`/screenings/${id}`);
    const formToken = /name="form_token" value="([^"]+)"/.exec(list.text)?.[1] ?? '';
    const masked = await page(`/screenings/${id}?answer=deceased`);
    expect(masked.status).toBe(200);
    for (const secret of [uin(3), 'Ödön', '3 February 2026']) expect(masked.text).not.toContain(secret);
    expect(masked.text).toContain(`>${people[3]}<`);
    const shown = await page(`/screenings/${id}/show`, {
      form_token: formToken,
      answer: 'deceased',
      after: '0',
    });
    for (const secret of [uin(3), 'Person Ödön 3', '3 February 2026']) expect(shown.text).toContain(secret);
    expect(shown.text).not.toContain('Person Ödön 5');
    expect((await page(`/screenings/${id}/show`, { answer: 'deceased' })).status).toBe(403);
    const csv = await page(`/screenings/${id}/report.csv`, { form_token: formToken });
    expect(csv.text).toContain(`D-${uin(3)}`);
    const audit = await page('/audit');
    expect(audit.text).toContain('saw whom a screening');
    expect(audit.text).toContain('took a screening');
    const begun = await page('/screenings', {
      form_token: formToken,
      kind: 'deaths',
      of: 'program',
      id: String(program),
    });
    expect(begun.location).toMatch(/^\/screenings\/[0-9a-f]+\?done=begun$/);
    expect((await page('/screenings', { form_token: formToken, kind: 'x', of: 'all' })).status).toBe(400);
    expect((await page('/screenings/0000')).status).toBe(404);
    await finished(/screenings\/([0-9a-f]+)/.exec(begun.location ?? '')?.[1] ?? '');
    const stopped = await page(`/screenings/${id}/cancel`, { form_token: formToken });
    expect(stopped.status).toBe(303);
  });

  it('logs nobody', () => {
    expect(bridge.logged()).toContain('a screening has ended');
    for (const secret of ['S-77', 'Ödön', 'D-S']) expect(bridge.logged()).not.toContain(secret);
  });
});

describe('the command', () => {
  it('says what it would take, screens, writes the report, and takes over what is fresh', async () => {
    const before = registry.requests;
    const options = ['--program', String(program)];
    const dry = await run(['screen', 'deaths', ...options, '--dry-run'], bridge.env);
    expect(dry).toMatchObject({ code: 0, out: expect.stringContaining(`${COUNT - 2} registrants`) });
    expect(registry.requests).toBe(before);
    const file = join(bridge.folder, 'report.csv');
    const ran = await run(['screen', 'deaths', ...options, '--csv', file], bridge.env);
    expect(ran.code).toBe(3);
    expect(ran.out).toContain(`${COUNT - 4} alive, 0 deceased, 1 not known, 1 no identifier`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const lines = readFileSync(file, 'utf8').split('\r\n');
    expect(lines).toHaveLength(COUNT);
    expect(lines[0]?.startsWith('\ufeffregistrant_id,')).toBe(true);
    const again = await run(['screen', 'deaths', ...options, '--max-age', '1d', '--json'], bridge.env);
    expect(registry.lastAsked).toEqual([uin(5)]);
    const report = JSON.parse(again.out) as { registrants: { takenOver: boolean }[] };
    expect(report.registrants.filter(({ takenOver }) => takenOver)).toHaveLength(COUNT - 4);
    const listed = await run(['screen', 'list'], bridge.env);
    expect(listed.out).toContain('no identifier');
    const id = /^([0-9a-f]{10}) /m.exec(listed.out)?.[1] ?? '';
    expect((await run(['screen', 'report', id], bridge.env)).out).toMatch(/^registrant_id,/);
    expect((await run(['screen', 'cancel', id], bridge.env)).code).toBe(1);
  });

  it.each([
    [['screen'], 'Usage'],
    [['screen', 'deaths'], '--program'],
    [['screen', 'deaths', '--all', '--program', '1'], 'name one of'],
    [['screen', 'deaths', '--program', 'x'], '--program: expected an id'],
    [['screen', 'deaths', '--all', '--max-age', '3'], '--max-age'],
    [['screen', 'disability', '--all', '--file-events'], '--file-events'],
    [['screen', 'deaths', '--all', '--csv', '/nowhere/at/all.csv'], '--csv'],
    [['screen', 'deaths', '--all', '--csv', '-', '--json'], '--json'],
    [['screen', 'report', 'ffff'], 'no screening of this id'],
    [['screen', 'deaths', '--all', '--source', 'ibr_none'], 'ibr_none'],
  ])('%j is refused with its reason', async (args, reason) => {
    const { code, out, err } = await run(args, bridge.env);
    // With --json, errors are JSON where the result would be.
    expect([code === 2 || code === 1, (args.includes('--json') ? out : err).includes(reason)]).toEqual([
      true,
      true,
    ]);
  });
});

it('screenings past their time are deleted with their reports', async () => {
  const inbox = await openInbox(bridge.env.INBOX_URL ?? '', { create: false });
  try {
    expect(await pruneScreenings(inbox, 0)).toBe(0);
    expect((await inbox.listDocuments('screening-chunk ')).size).toBeGreaterThan(0);
    expect(await pruneScreenings(inbox, Date.now() + 1000)).toBeGreaterThan(3);
    expect((await inbox.listDocuments('screening')).size).toBe(0);
  } finally {
    await inbox.close();
  }
});
