import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { startBridge } from '../../src/bridge.ts';
import { loadSettings } from '../../src/config/load.ts';
import { CivilRegistry } from '../../src/demo/civil-registry.ts';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import { seedDemo } from '../../src/sandbox/seed.ts';
import { keptLog } from '../senders/support.ts';
import { TOKEN } from './token.ts';

/** A browser of this machine; null where there is none. */
export function chromiumPath(env: NodeJS.ProcessEnv = process.env): string | null {
  const usual = ['chromium', 'chromium-browser', 'google-chrome'].map((name) => `/usr/bin/${name}`);
  return [env.CHROMIUM_PATH ?? '', ...usual].find((path) => path !== '' && existsSync(path)) ?? null;
}

/** A real bridge with a sandbox behind it, and a registry that reports to it. */
export async function openStage(folder: string) {
  const sandbox = await startSandbox();
  const { registrants } = seedDemo(sandbox);
  const registry = new CivilRegistry('crvs.utopia.example');
  sandbox.execute(sandbox.admin.login, 'spp.dci.crvs.sender', 'create', {
    vals_list: [
      {
        name: 'Civil Registry of Utopia',
        sender_id: registry.senderId,
        public_key: registry.publicKey,
        algorithm: 'ed25519',
      },
    ],
  });
  const settings = loadSettings({
    PORT: '0',
    ADMIN_TOKEN: TOKEN,
    INBOX_URL: `sqlite:${join(folder, 'inbox.db')}`,
    KEYS_DIR: join(folder, 'keys'),
  });
  const log = keptLog();
  const bridge = await startBridge(
    { ...settings, odoo: { ...settings.odoo, publicUrl: 'https://openspp.example' } },
    { url: sandbox.url, db: sandbox.db, ...sandbox.bridge },
    log.log,
  );
  return {
    bridge,
    registrants,
    sandbox,
    logged: log.text,
    /** Reports an event and waits until it is settled. */
    async report(message: unknown): Promise<number> {
      const response = await fetch(`${bridge.url}/registry/notify`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Prefer: 'wait=20' },
        body: await registry.notification(message),
      });
      await response.body?.cancel();
      return response.status;
    },
    async close() {
      await bridge.stop();
      await sandbox.close();
    },
  };
}
