import { afterAll, beforeAll, expect, it } from 'vitest';
import { OdooError } from '../../src/odoo/errors.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { sharedInbox } from '../inbox/support.ts';
import { Bench } from './bench.ts';

const shared = sharedInbox();
let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ clock: () => Date.now() });
});
afterAll(() => sandbox?.close());

const EVENTS = 64;

it('halves its batches where a proxy cuts large requests, and then sends batches that get through', async () => {
  const bench = new Bench(sandbox, shared.inbox, {
    batchSize: { first: EVENTS, minimum: 10, maximum: EVENTS, targetCallMs: 60_000 },
    concurrency: 1,
  });
  const accepted = [];
  for (let number = 0; number < EVENTS; number += 1) {
    const { uin } = await bench.person();
    accepted.push(await bench.accept({ type: 'birth', date: '2020-01-01', identifiers: [uin] }));
  }
  let cut = 0;
  bench.tap = ({ model, method, args }) => {
    const { vals_list: rows } = args as { vals_list?: unknown[] };
    if (model !== 'spp.dci.crvs.event' || method !== 'create' || (rows?.length ?? 0) <= 20) return;
    cut += 1;
    throw new OdooError('odoo.request_cut', { protocol: 'json2', model, method, requestBytes: 300_000 });
  };
  bench.loop.start();
  for (const one of accepted) {
    const [event] = await bench.outcome(one);
    expect(event).toMatchObject({ outcome: 'processed', attempts: 0 });
  }
  // 64 and 32; 16 get through, and no more are tried.
  expect(cut).toBe(2);
  expect(bench.loop.health).toMatchObject({ reachable: true, error: null, breaker: 'closed' });
  const told = bench.kept.entries().filter(({ code }) => code === 'odoo.request_cut');
  expect(told.map(({ events, requestBytes, nextBatch }) => [events, requestBytes, nextBatch])).toEqual([
    [64, 300_000, 32],
    [32, 300_000, 16],
  ]);
  expect(told[0]?.msg).toContain('likely for its size');
});
