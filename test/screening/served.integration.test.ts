import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Bridge, startBridge } from '../../src/bridge.ts';
import { loadSettings } from '../../src/config/load.ts';
import type { Settings } from '../../src/config/schema.ts';
import { openInbox } from '../../src/inbox/open.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { pruneScreenings } from '../../src/screening/service.ts';
import { run } from '../cli/run.ts';
import { keptLog } from '../senders/support.ts';
import { type ListRegistry, listRegistry } from './list-registry.ts';

// Real files and servers: a machine that is busy is not a red one.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });

const TOKEN = 'an-admin-token-of-at-least-32-characters';
const WAIT = { timeout: 60_000, interval: 50 };
const COUNT = 24;

let registry: ListRegistry;
let sandbox: Sandbox;
let settings: Settings;
let bridge: Bridge;
let folder: string;
let people: number[];
let program: number;
let household: number;
let env: NodeJS.ProcessEnv;
const { log, text } = keptLog();

const uin = (n: number) => `S-77${String(n).padStart(3, '0')}`;

beforeAll(async () => {
  registry = await listRegistry({
    deaths: new Map([
      [uin(3), '2026-02-03'],
      [uin(8), '2026-02-08'],
    ]),
    refused: new Set([uin(5)]),
  });
  sandbox = await startSandbox();
  folder = mkdtempSync(join(tmpdir(), 'screening-'));
  const create = (model: string, rows: object[]) =>
    sandbox.execute('admin', model, 'create', { vals_list: rows }) as number[];
  create(
    'spp.dci.data.source',
    ['crvs_main', 'ibr_main'].map((code) => ({
      name: code,
      code,
      base_url: registry.url,
      auth_type: 'none',
      our_sender_id: 'us',
    })),
  );
  people = create(
    'res.partner',
    Array.from({ length: COUNT }, (_, n) => ({ name: `Person Ödön ${n}`, is_registrant: true })),
  );
  const [type] = sandbox.execute('admin', 'spp.vocabulary.code', 'search', {
    domain: [['code', '=', 'national_id']],
  }) as number[];
  create(
    'spp.registry.id',
    people.slice(0, -1).map((partner_id, n) => ({ partner_id, id_type_id: type, value: uin(n) })),
  );
  [program = 0] = create('spp.program', [{ name: 'Grant' }]);
  [household = 0] = create('res.partner', [{ name: 'Household', is_registrant: true, is_group: true }]);
  create(
    'spp.group.membership',
    people.slice(0, 4).map((individual) => ({ group: household, individual })),
  );
  create(
    'spp.program.membership',
    [household, ...people.slice(4)].map((partner_id) => ({
      partner_id,
      program_id: program,
      state: 'enrolled',
    })),
  );
  env = {
    ADMIN_TOKEN: TOKEN,
    PORT: '0',
    INBOX_URL: `sqlite:${join(folder, 'inbox.db')}`,
    ODOO_URL: sandbox.url,
    ODOO_DB: sandbox.db,
    ODOO_LOGIN: sandbox.bridge.login,
    ODOO_API_KEY: sandbox.bridge.apiKey,
  };
  settings = loadSettings(env);
  bridge = await startBridge(settings, { url: sandbox.url, db: sandbox.db, ...sandbox.bridge }, log);
});
afterAll(async () => {
  await bridge.stop();
  await registry.close();
  await sandbox.close();
  rmSync(folder, { recursive: true });
});

async function api(method: string, path: string, body?: object, token = TOKEN) {
  const response = await fetch(`${bridge.url}/api/screenings${path}`, {
    method,
    headers: { authorization: `Bearer ${token}` },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const content = await response.text();
  return { status: response.status, headers: response.headers, text: content };
}
const json = async (...asked: Parameters<typeof api>) => {
  const { status, text: content } = await api(...asked);
  return { status, json: JSON.parse(content) };
};

async function finished(id: string) {
  await vi.waitFor(async () => {
    expect(await json('GET', `/${id}`)).toMatchObject({ json: { screening: { state: 'done' } } });
  }, WAIT);
}

const DEATHS = { kind: 'deaths', fileEvents: true } as const;
const expected = () => ({ alive: COUNT - 4, deceased: 2, not_known: 1, no_identifier: 1 });

describe('a serving bridge', () => {
  let id: string;

  it('screens a program, files its deaths, and OpenSPP has them', async () => {
    const asked = { ...DEATHS, population: { of: 'program', id: program } };
    const estimate = await json('POST', '/estimate', asked);
    expect(estimate).toMatchObject({
      status: 200,
      json: { people: COUNT, noIdentifier: 1, questions: COUNT - 1, requests: 1 },
    });
    expect(registry.requests).toBe(0);
    const begun = await json('POST', '', asked);
    expect(begun).toMatchObject({ status: 202, json: { screening: { state: 'running', by: 'bridge' } } });
    id = begun.json.screening.id;
    await finished(id);
    const { json: shown } = await json('GET', `/${id}`);
    expect(shown.screening.counts).toMatchObject({ outcomes: expected(), effects: { filed: 2 } });
    await vi.waitFor(() => {
      const rows = sandbox.execute('admin', 'res.partner', 'search_read', {
        domain: [
          ['disabled', '!=', false],
          ['id', 'in', people],
        ],
        fields: ['id'],
      }) as { id: number }[];
      expect(rows.map((row) => row.id).sort((a, b) => a - b)).toEqual([people[3], people[8]]);
    }, WAIT);
    expect((await json('GET', '')).json.screenings).toHaveLength(1);
  });

  it('gives the report as CSV and JSON, every registrant once', async () => {
    const csv = await api('GET', `/${id}/report.csv`);
    expect(csv.headers.get('content-type')).toMatch(/^text\/csv; charset=utf-8/);
    const lines = csv.text.replace(/^\ufeff/, '').split('\r\n');
    expect(lines[0]).toBe(
      'registrant_id,answer,reason,death_date,death_number,asked_at,taken_over,effect,detail',
    );
    expect(lines.at(-1)).toBe('');
    expect(lines.slice(1, -1).map((line) => Number(line.split(',')[0]))).toEqual(people);
    expect(lines[4]).toContain(`deceased,,2026-02-03,D-${uin(3)}`);
    const report = await json('GET', `/${id}/report.json`);
    const { registrants } = report.json as { registrants: { registrantId: number; outcome: string }[] };
    expect(registrants.map(({ registrantId }) => registrantId)).toEqual(people);
    expect(registrants[8]).toMatchObject({ outcome: 'deceased', date: '2026-02-08', effect: 'filed' });
    expect(csv.text + JSON.stringify(report)).not.toContain('Person');
  });

  it('says what is wrong with a request', async () => {
    const all = { of: 'all' };
    expect(await json('POST', '', { kind: 'births', population: all })).toMatchObject({ status: 400 });
    expect(await json('POST', '', { kind: 'deaths', population: { of: 'program' } })).toMatchObject({
      status: 400,
    });
    expect(await json('POST', '', { kind: 'disability', population: all, fileEvents: true })).toMatchObject({
      status: 400,
      json: { message: { error: { message: expect.stringContaining('file-events') } } },
    });
    expect(await json('GET', '/0000')).toMatchObject({ status: 404 });
    expect(await json('POST', '/0000/cancel')).toMatchObject({ status: 404 });
    expect(await json('POST', `/${id}/resume`)).toMatchObject({ status: 409 });
    expect((await api('GET', `/${id}/report.csv`, undefined, 'x'.repeat(40))).status).toBe(401);
    const nobody = { ...DEATHS, population: { of: 'cycle', id: 424_242 } };
    expect(await json('POST', '/estimate', nobody)).toMatchObject({ status: 422 });
    const failing = (await json('POST', '', nobody)).json.screening.id;
    await vi.waitFor(async () => {
      expect(await json('GET', `/${failing}`)).toMatchObject({
        json: { screening: { state: 'failed', problem: expect.stringContaining('cycle') } },
      });
    }, WAIT);
  });

  it('records duplication checks', async () => {
    const begun = await json('POST', '', { kind: 'duplicates', population: { of: 'all' } });
    await finished(begun.json.screening.id);
    const checks = sandbox.execute('admin', 'spp.dci.duplication.check', 'search_read', {
      domain: [],
      fields: ['partner_id', 'result', 'state'],
    }) as { result: string; state: string }[];
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
    await page('/sign-in', { token: TOKEN });
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
    expect(text()).toContain('a screening has ended');
    for (const secret of ['S-77', 'Ödön', 'D-S']) expect(text()).not.toContain(secret);
  });
});

describe('the command', () => {
  it('says what it would take, screens, writes the report, and takes over what is fresh', async () => {
    const before = registry.requests;
    const options = ['--program', String(program)];
    const dry = await run(['screen', 'deaths', ...options, '--dry-run'], env);
    expect(dry).toMatchObject({ code: 0, out: expect.stringContaining(`${COUNT - 2} registrants`) });
    expect(registry.requests).toBe(before);
    const file = join(folder, 'report.csv');
    const ran = await run(['screen', 'deaths', ...options, '--csv', file], env);
    expect(ran.code).toBe(3);
    expect(ran.out).toContain(`${COUNT - 4} alive, 0 deceased, 1 not known, 1 no identifier`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const lines = readFileSync(file, 'utf8').split('\r\n');
    expect(lines).toHaveLength(COUNT);
    expect(lines[0]?.startsWith('\ufeffregistrant_id,')).toBe(true);
    const again = await run(['screen', 'deaths', ...options, '--max-age', '1d', '--json'], env);
    expect(registry.lastAsked).toEqual([uin(5)]);
    const report = JSON.parse(again.out) as { registrants: { takenOver: boolean }[] };
    expect(report.registrants.filter(({ takenOver }) => takenOver)).toHaveLength(COUNT - 4);
    const listed = await run(['screen', 'list'], env);
    expect(listed.out).toContain('no identifier');
    const id = /^([0-9a-f]{10}) /m.exec(listed.out)?.[1] ?? '';
    expect((await run(['screen', 'report', id], env)).out).toMatch(/^registrant_id,/);
    expect((await run(['screen', 'cancel', id], env)).code).toBe(1);
  });

  it.each([
    [['screen'], 'Usage'],
    [['screen', 'deaths'], '--program ID'],
    [['screen', 'deaths', '--all', '--program', '1'], 'name one of'],
    [['screen', 'deaths', '--program', 'x'], '--program: expected an id'],
    [['screen', 'deaths', '--all', '--max-age', '3'], '--max-age'],
    [['screen', 'disability', '--all', '--file-events'], '--file-events'],
    [['screen', 'deaths', '--all', '--csv', '/nowhere/at/all.csv'], '--csv'],
    [['screen', 'deaths', '--all', '--csv', '-', '--json'], '--json'],
    [['screen', 'report', 'ffff'], 'no screening of this id'],
    [['screen', 'deaths', '--all', '--source', 'ibr_none'], 'ibr_none'],
  ])('%j is refused with its reason', async (args, reason) => {
    const { code, err } = await run(args, env);
    expect([code === 2 || code === 1, err.includes(reason)]).toEqual([true, true]);
  });
});

it('screenings past their time are deleted with their reports', async () => {
  const inbox = await openInbox(env.INBOX_URL ?? '', { create: false });
  try {
    expect(await pruneScreenings(inbox, 0)).toBe(0);
    expect((await inbox.listDocuments('screening-chunk ')).size).toBeGreaterThan(0);
    expect(await pruneScreenings(inbox, Date.now() + 1000)).toBeGreaterThan(3);
    expect((await inbox.listDocuments('screening')).size).toBe(0);
  } finally {
    await inbox.close();
  }
});
