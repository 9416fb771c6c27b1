import { createHmac } from 'node:crypto';
import { beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { FACES } from '../../src/sandbox/faces.ts';
import { testBridge } from '../bridge.ts';
import { bundle, payload, RELEASES } from '../connectors/opencrvs-v1/bundles.ts';
import { PATIENCE } from '../patience.ts';

const SECRET = 'sha-secret-of-the-client';
const METRICS_TOKEN = 'a-token-for-the-metrics';
const LOCK = 'spp_starter.registry_admin_only_crud';

/** Milliseconds by which the clock is ahead: no test waits until the bridge asks again. */
let ahead = 0;
beforeEach(() => {
  const now = Date.now;
  const clock = vi.spyOn(Date, 'now').mockImplementation(() => now() + ahead);
  onTestFinished(() => clock.mockRestore());
});

/** A bridge that serves an SP-MIS with its defaults, and looks often. */
async function served(bridgeFiles: boolean) {
  let person = 0;
  const bridge = await testBridge({
    openspp: { ...FACES.spmis, bridgeFiles },
    env: { OPENCRVS_WEBHOOK_SECRETS: SECRET, METRICS_TOKEN },
    file: { delivery: { poll_seconds: 0.05 }, apply: { poll_seconds: 1 } },
    seed(sandbox) {
      [person = 0] = sandbox.people({ national_id: 'N-1' });
    },
  });
  const { sandbox } = bridge;
  const record = { type: 'death', date: '2024-05-01', number: 'R-1', nationalId: 'N-1' } as const;
  const body = JSON.stringify(payload('DEATH_REGISTERED', bundle(record, RELEASES['1.9'])));
  const hmac = createHmac('sha256', SECRET).update(body).digest('hex');
  const headers = { 'content-type': 'application/json', 'x-hub-signature': `sha256=${hmac}` };
  const answer = await bridge.send('/opencrvs/webhook', { method: 'POST', body, headers });
  expect(answer.status).toBe(202);
  return {
    sandbox,
    rowState: () => sandbox.rows('spp.dci.crvs.event', ['state']).map(({ state }) => state),
    isDisabled: () => sandbox.rows('res.partner', ['disabled'], [['id', '=', person]])[0]?.disabled !== false,
    /** What is held once an event waits for that: asked then for the first time, since the answer is kept for 5 s. */
    held: async (reason: string) => {
      await vi.waitFor(async () => {
        const { json } = await bridge.api(`events?state=deferred&reason=${reason}`);
        expect(json.events).toHaveLength(1);
      }, PATIENCE);
      return (await bridge.send('/readyz')).json.held;
    },
    metrics: async () =>
      (await bridge.send('/metrics', { headers: { authorization: `Bearer ${METRICS_TOKEN}` } })).text,
  };
}

it('a served bridge files, waits, and finishes the event when a reviewer has decided', async () => {
  const { sandbox, rowState, isDisabled, held, metrics } = await served(true);
  const reason = 'openspp.request_undecided';
  expect(await held(reason)).toEqual([{ reason, events: 1 }]);
  expect(rowState()).toEqual(['processing']);
  expect(await metrics()).toContain('crvs_bridge_inbox_held_events{reason="openspp.request_undecided"} 1');
  expect(isDisabled()).toBe(false);
  for (const { id } of sandbox.rows('spp.change.request', ['request_type_code'])) {
    sandbox.execute('approver', 'spp.change.request', 'action_approve', { ids: [id] });
  }
  await vi.waitFor(() => expect(rowState()).toEqual(['processed']), PATIENCE);
  expect(isDisabled()).toBe(true);
});

it('a served bridge that may not file waits for the lock to be lifted, and says so', async () => {
  const { sandbox, rowState, isDisabled, held } = await served(false);
  const reason = 'openspp.change_requests_forbidden';
  expect(await held(reason)).toEqual([{ reason, events: 1 }]);
  expect(rowState()).toEqual([]);
  sandbox.asAdmin('ir.config_parameter', 'set_param', { key: LOCK, value: 'False' });
  // What the user may do is asked every ten seconds.
  ahead += 11_000;
  await vi.waitFor(() => expect(rowState()).toEqual(['processed']), PATIENCE);
  expect(isDisabled()).toBe(true);
});
