import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startBridge } from '../../src/bridge.ts';
import { loadSettings } from '../../src/config/load.ts';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import { keptLog } from '../senders/support.ts';
import { standIn } from './support.ts';

const TOKEN = 'an-admin-token-of-at-least-32-characters';

it('a running bridge asks registries for whoever has the token, and logs nothing of it', async () => {
  const registry = await standIn({ entries: [{ identifiers: { UIN: '123456789' }, death: '2024-12-01' }] });
  const sandbox = await startSandbox();
  const folder = mkdtempSync(join(tmpdir(), 'served-'));
  const row = {
    name: 'CRVS',
    code: 'crvs_main',
    base_url: registry.url,
    auth_type: 'none',
    our_sender_id: 'us',
  };
  sandbox.execute('admin', 'spp.dci.data.source', 'create', { vals_list: [row] });
  const settings = loadSettings({
    PORT: '0',
    ADMIN_TOKEN: TOKEN,
    INBOX_URL: `sqlite:${join(folder, 'inbox.db')}`,
  });
  const { log, text } = keptLog();
  const bridge = await startBridge(settings, { url: sandbox.url, db: sandbox.db, ...sandbox.bridge }, log);
  try {
    const ask = (token: string, value: string) =>
      fetch(`${bridge.url}/api/crvs/check-death`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
        body: JSON.stringify({ type: 'UIN', value }),
      });
    const answer = await ask(TOKEN, '123456789');
    expect([answer.status, await answer.json()]).toEqual([
      200,
      { kind: 'yes', date: '2024-12-01', number: null, record: expect.any(Object) },
    ]);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect((await ask('another', '123456789')).status).toBe(401);
    registry.faults.push({
      status: 400,
      body: { error: { code: 'err.request.bad', message: '123456789?' } },
    });
    const refused = await ask(TOKEN, '123456789');
    expect([refused.status, await refused.json()]).toMatchObject([
      424,
      { kind: 'not_known', reason: 'refused', code: 'registry.refused' },
    ]);
    expect(text()).not.toContain('123456789');
    expect(registry.received).toHaveLength(1);
  } finally {
    await bridge.stop();
    await sandbox.close();
    rmSync(folder, { recursive: true });
  }
});
