import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type Bridge, startBridge } from '../../src/bridge.ts';
import { loadSettings } from '../../src/config/load.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { StandIn } from '../registries/stand-in.ts';
import { keptLog } from '../senders/support.ts';

// Real files and servers: a machine that is busy is not a red one.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });

const TOKEN = 'an-admin-token-of-at-least-32-characters';
const WAIT = { timeout: 60_000, interval: 50 };
const people = Array.from({ length: 12 }, (_, n) => `U-12345${n}`);

let registry: StandIn;
let sandbox: Sandbox;
let bridge: Bridge;
let folder: string;
const { log, text } = keptLog();

beforeAll(async () => {
  registry = await new StandIn({
    entries: people.map((uin) => ({ identifiers: { UIN: uin }, death: '2024-12-01' })),
  }).start();
  sandbox = await startSandbox();
  folder = mkdtempSync(join(tmpdir(), 'backfill-'));
  const create = (model: string, rows: object[]) =>
    sandbox.execute('admin', model, 'create', { vals_list: rows }) as number[];
  create('spp.dci.data.source', [
    { name: 'CRVS', code: 'crvs_main', base_url: registry.url, auth_type: 'none', our_sender_id: 'us' },
  ]);
  const partners = create(
    'res.partner',
    people.map((uin) => ({ name: `Person ${uin}`, is_registrant: true })),
  );
  const [type] = sandbox.execute('admin', 'spp.vocabulary.code', 'search', {
    domain: [['code', '=', 'national_id']],
  }) as number[];
  create(
    'spp.registry.id',
    people.map((value, n) => ({ partner_id: partners[n], id_type_id: type, value })),
  );
  const settings = loadSettings({
    PORT: '0',
    ADMIN_TOKEN: TOKEN,
    ALLOW_UNSIGNED: 'true',
    INBOX_URL: `sqlite:${join(folder, 'inbox.db')}`,
  });
  bridge = await startBridge(settings, { url: sandbox.url, db: sandbox.db, ...sandbox.bridge }, log);
});
afterAll(async () => {
  await bridge.stop();
  await registry.close();
  await sandbox.close();
  rmSync(folder, { recursive: true });
});

async function api(method: string, path: string, body?: object, token = TOKEN) {
  const response = await fetch(`${bridge.url}/api/${path}`, {
    method,
    headers: { authorization: `Bearer ${token}` },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  return { status: response.status, json: await response.json() };
}

const DEATHS = { from: '2024-11-01', to: '2024-12-31', types: ['death'], pageSize: 5 };

it('a serving bridge catches up beside what is notified, and no event is there twice', async () => {
  const notified = people.slice(0, 3).map((value) =>
    fetch(`${bridge.url}/crvs`, {
      method: 'POST',
      body: JSON.stringify({
        signature: '',
        header: {
          version: '1.0.0',
          message_id: `m-${value}`,
          message_ts: new Date().toISOString(),
          action: 'notify',
          sender_id: 'crvs.example',
        },
        message: {
          event_type: 'DEATH',
          event_date: '2024-12-01',
          identifiers: [{ type: 'UIN', value }],
        },
      }),
    }),
  );
  for (const response of await Promise.all(notified)) expect(response.status).toBe(202);
  const begun = await api('POST', 'crvs/backfill', DEATHS);
  expect(begun).toMatchObject({ status: 202, json: { state: { state: 'running', by: 'bridge' } } });
  await vi.waitFor(async () => {
    const { json } = await api('GET', 'crvs/backfill');
    expect(json).toMatchObject({ state: { state: 'done', counts: { records: 12, created: 12 } } });
  }, WAIT);
  await vi.waitFor(async () => {
    expect((await api('GET', 'status')).json).toMatchObject({ processed: 15, waiting: 0, error: 0 });
  }, WAIT);
  const rows = sandbox.execute('admin', 'spp.dci.crvs.event', 'search_read', {
    domain: [],
    fields: ['identifier_value', 'state', 'raw_data'],
    context: { active_test: false },
  }) as { identifier_value: string; state: string; raw_data: string }[];
  expect(rows.map((row) => row.identifier_value).sort()).toEqual([...people].sort());
  expect(new Set(rows.map(({ state }) => state))).toEqual(new Set(['processed']));
  const caughtUp = rows.filter(({ raw_data }) => raw_data.includes('"backfill"'));
  expect(caughtUp.length).toBeGreaterThanOrEqual(9);
  expect(text()).toContain('a catch-up has ended');
  expect(people.filter((uin) => text().includes(uin))).toEqual([]);
});

it('says what is wrong with a request for it, and that none is under way', async () => {
  expect(await api('POST', 'crvs/backfill', { ...DEATHS, from: '2025-01-01' })).toMatchObject({
    status: 400,
  });
  expect(await api('POST', 'crvs/backfill', { ...DEATHS, Ann: 1 })).toMatchObject({ status: 400 });
  expect(await api('POST', 'crvs/backfill', DEATHS, 'another')).toMatchObject({ status: 401 });
  expect(await api('POST', 'crvs/backfill/stop')).toEqual({ status: 200, json: { stopping: false } });
});

it('stops one by request, and refuses a second one meanwhile', async () => {
  registry.faults.push({ status: 200, hang: true });
  const asked = { ...DEATHS, source: 'crvs_main', to: '2024-12-30' };
  expect((await api('POST', 'crvs/backfill', asked)).status).toBe(202);
  expect((await api('POST', 'crvs/backfill', DEATHS)).status).toBe(409);
  await vi.waitFor(() => expect(registry.faults).toEqual([]), WAIT);
  expect((await api('POST', 'crvs/backfill/stop')).json).toEqual({ stopping: true });
  await vi.waitFor(async () => {
    expect((await api('GET', 'crvs/backfill')).json).toMatchObject({ state: { state: 'stopped' } });
  }, WAIT);
});

it('says why it failed where there is no such source', async () => {
  expect((await api('POST', 'crvs/backfill', { ...DEATHS, source: 'nowhere' })).status).toBe(202);
  await vi.waitFor(async () => {
    expect((await api('GET', 'crvs/backfill')).json).toMatchObject({
      state: { state: 'failed', problem: expect.stringContaining('there is no source nowhere') },
    });
  }, WAIT);
});
