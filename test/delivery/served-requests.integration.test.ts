import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { startBridge } from '../../src/bridge.ts';
import { loadSettings } from '../../src/config/load.ts';
import { FACES } from '../../src/sandbox/faces.ts';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import { bundle, payload, RELEASES } from '../events/opencrvs-bundles.ts';
import { temporaryFolder } from '../inbox/support.ts';
import { keptLog } from '../senders/support.ts';

const SECRET = 'sha-secret-of-the-client';
const LOCK = 'spp_starter.registry_admin_only_crud';
const PATIENCE = { timeout: 20_000, interval: 20 };

/** A bridge that serves an SP-MIS with its defaults, and looks often. */
async function served(bridgeFiles: boolean) {
  const sandbox = await startSandbox({ ...FACES.spmis, bridgeFiles });
  onTestFinished(() => sandbox.close());
  const admin = (model: string, method: string, args: Record<string, unknown>) =>
    sandbox.execute('admin', model, method, args) as Record<string, unknown>[];
  const settings = loadSettings({
    PORT: '0',
    INBOX_URL: `sqlite:${join(temporaryFolder(), 'inbox.db')}`,
    OPENCRVS_WEBHOOK_SECRETS: SECRET,
    METRICS_TOKEN: 'a-token-for-the-metrics',
  });
  const bridge = await startBridge(
    {
      ...settings,
      delivery: { ...settings.delivery, poll_seconds: 0.05 },
      apply: { ...settings.apply, poll_seconds: 0.05 },
    },
    { url: sandbox.url, db: sandbox.db, ...sandbox.bridge },
    keptLog().log,
  );
  onTestFinished(() => bridge.stop());
  const [type] = admin('spp.vocabulary.code', 'search_read', {
    domain: [
      ['namespace_uri', '=', 'urn:openspp:vocab:id-type'],
      ['code', '=', 'national_id'],
    ],
    fields: ['id'],
  });
  const [person] = admin('res.partner', 'create', {
    vals_list: [{ name: 'Somebody', is_registrant: true, is_group: false }],
  }) as unknown as number[];
  admin('spp.registry.id', 'create', {
    vals_list: [{ partner_id: person, id_type_id: type?.id, value: 'N-1', status: 'valid' }],
  });
  const record = { type: 'death', date: '2024-05-01', number: 'R-1', nationalId: 'N-1' } as const;
  const body = JSON.stringify(payload('DEATH_REGISTERED', bundle(record, RELEASES['1.9'])));
  const hmac = createHmac('sha256', SECRET).update(body).digest('hex');
  const answer = await fetch(`${bridge.url}/opencrvs/webhook`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', 'x-hub-signature': `sha256=${hmac}` },
  });
  expect(answer.status).toBe(202);
  return {
    sandbox,
    admin,
    rowState: () =>
      admin('spp.dci.crvs.event', 'search_read', { domain: [], fields: ['state'] }).map(({ state }) => state),
    isDisabled: () =>
      admin('res.partner', 'read', { ids: [person], fields: ['disabled'] })[0]?.disabled !== false,
    async held() {
      const { held } = (await (await fetch(`${bridge.url}/readyz`)).json()) as { held: object[] };
      return held;
    },
    async metrics() {
      const headers = { authorization: 'Bearer a-token-for-the-metrics' };
      return (await fetch(`${bridge.url}/metrics`, { headers })).text();
    },
  };
}

it('a served bridge files, waits, and finishes the event when a reviewer has decided', {
  timeout: 60_000,
}, async () => {
  const { sandbox, admin, rowState, isDisabled, held, metrics } = await served(true);
  await vi.waitFor(
    async () => expect(await held()).toEqual([{ reason: 'openspp.request_undecided', events: 1 }]),
    PATIENCE,
  );
  expect(rowState()).toEqual(['processing']);
  expect(await metrics()).toContain('crvs_bridge_inbox_held_events{reason="openspp.request_undecided"} 1');
  expect(isDisabled()).toBe(false);
  const requests = admin('spp.change.request', 'search_read', { domain: [], fields: ['request_type_code'] });
  for (const { id } of requests) {
    sandbox.execute('approver', 'spp.change.request', 'action_approve', { ids: [id] });
  }
  await vi.waitFor(() => expect(rowState()).toEqual(['processed']), PATIENCE);
  expect(isDisabled()).toBe(true);
});

it('a served bridge that may not file waits for the lock to be lifted, and says so', {
  timeout: 60_000,
}, async () => {
  const { admin, rowState, isDisabled, held } = await served(false);
  await vi.waitFor(
    async () => expect(await held()).toEqual([{ reason: 'openspp.change_requests_forbidden', events: 1 }]),
    PATIENCE,
  );
  expect(rowState()).toEqual([]);
  admin('ir.config_parameter', 'set_param', { key: LOCK, value: 'False' });
  // What the user may do is asked every ten seconds.
  await vi.waitFor(() => expect(rowState()).toEqual(['processed']), { timeout: 40_000, interval: 50 });
  expect(isDisabled()).toBe(true);
});
