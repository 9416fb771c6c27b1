import { expect, it } from 'vitest';
import { testBridge } from '../bridge.ts';
import { standIn } from './support.ts';

it('a running bridge asks registries for anyone who has the token, and logs nothing of it', async () => {
  const registry = await standIn({ entries: [{ identifiers: { UIN: '123456789' }, death: '2024-12-01' }] });
  const bridge = await testBridge({
    seed: (sandbox) => sandbox.source({ code: 'crvs_main', base_url: registry.url }),
  });
  const question = { type: 'UIN', value: '123456789' };
  const answer = await bridge.api('crvs/check-death', question);
  expect([answer.status, answer.json]).toEqual([
    200,
    { kind: 'yes', date: '2024-12-01', number: null, record: expect.any(Object) },
  ]);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect((await bridge.api('crvs/check-death', question, { token: 'another' })).status).toBe(401);
  registry.faults.push({
    status: 400,
    body: { error: { code: 'err.request.bad', message: '123456789?' } },
  });
  const refused = await bridge.api('crvs/check-death', question);
  expect([refused.status, refused.json]).toMatchObject([
    424,
    { kind: 'not_known', reason: 'refused', code: 'registry.refused' },
  ]);
  expect(bridge.logged()).not.toContain('123456789');
  expect(registry.received).toHaveLength(1);
});
