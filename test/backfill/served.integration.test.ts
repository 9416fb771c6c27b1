import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type TestBridge, testBridge } from '../bridge.ts';
import { PATIENCE } from '../patience.ts';
import { StandIn } from '../registries/stand-in.ts';

const people = Array.from({ length: 12 }, (_, n) => `U-12345${n}`);

let registry: StandIn;
let bridge: TestBridge;

beforeAll(async () => {
  registry = await new StandIn({
    entries: people.map((uin) => ({ identifiers: { UIN: uin }, death: '2024-12-01' })),
  }).start();
  bridge = await testBridge({
    env: { ALLOW_UNSIGNED: 'true' },
    seed(sandbox) {
      sandbox.source({ code: 'crvs_main', base_url: registry.url });
      sandbox.people(...people.map((uin) => ({ national_id: uin })));
    },
  });
});
afterAll(async () => {
  await bridge.close();
  await registry.close();
});

const stop = () => bridge.api('crvs/backfill/stop', undefined, { method: 'POST' });
const DEATHS = { from: '2024-11-01', to: '2024-12-31', types: ['death'], pageSize: 5 };

it('a serving bridge catches up beside what is notified, and no event is there twice', async () => {
  const notified = people.slice(0, 3).map((value) =>
    bridge.send('/crvs', {
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
  const begun = await bridge.api('crvs/backfill', DEATHS);
  expect(begun).toMatchObject({ status: 202, json: { state: { state: 'running', by: 'bridge' } } });
  await vi.waitFor(async () => {
    const { json } = await bridge.api('crvs/backfill');
    expect(json).toMatchObject({ state: { state: 'done', counts: { records: 12, created: 12 } } });
  }, PATIENCE);
  await vi.waitFor(async () => {
    expect((await bridge.api('status')).json).toMatchObject({ processed: 15, waiting: 0, error: 0 });
  }, PATIENCE);
  const rows = bridge.sandbox.rows<{ identifier_value: string; state: string; raw_data: string }>(
    'spp.dci.crvs.event',
    ['identifier_value', 'state', 'raw_data'],
  );
  expect(rows.map((row) => row.identifier_value).sort()).toEqual([...people].sort());
  expect(new Set(rows.map(({ state }) => state))).toEqual(new Set(['processed']));
  const caughtUp = rows.filter(({ raw_data }) => raw_data.includes('"backfill"'));
  expect(caughtUp.length).toBeGreaterThanOrEqual(9);
  expect(bridge.logged()).toContain('a catch-up has ended');
  expect(people.filter((uin) => bridge.logged().includes(uin))).toEqual([]);
});

it('says what is wrong with a request for it, and that none is under way', async () => {
  const asked = (body: object, token?: string) =>
    bridge.api('crvs/backfill', body, token === undefined ? {} : { token });
  expect(await asked({ ...DEATHS, from: '2025-01-01' })).toMatchObject({ status: 400 });
  expect(await asked({ ...DEATHS, Ann: 1 })).toMatchObject({ status: 400 });
  expect(await asked(DEATHS, 'another')).toMatchObject({ status: 401 });
  expect(await stop()).toMatchObject({ status: 200, json: { stopping: false } });
});

it('stops one by request, and refuses a second one meanwhile', async () => {
  registry.faults.push({ status: 200, hang: true });
  const asked = { ...DEATHS, source: 'crvs_main', to: '2024-12-30' };
  expect((await bridge.api('crvs/backfill', asked)).status).toBe(202);
  expect((await bridge.api('crvs/backfill', DEATHS)).status).toBe(409);
  await vi.waitFor(() => expect(registry.faults).toEqual([]), PATIENCE);
  expect((await stop()).json).toEqual({ stopping: true });
  await vi.waitFor(async () => {
    expect((await bridge.api('crvs/backfill')).json).toMatchObject({ state: { state: 'stopped' } });
  }, PATIENCE);
});

it('says why it failed where there is no such source', async () => {
  expect((await bridge.api('crvs/backfill', { ...DEATHS, source: 'nowhere' })).status).toBe(202);
  await vi.waitFor(async () => {
    expect((await bridge.api('crvs/backfill')).json).toMatchObject({
      state: { state: 'failed', problem: expect.stringContaining('there is no source nowhere') },
    });
  }, PATIENCE);
});
