import { existsSync } from 'node:fs';
import { CivilRegistry } from '../../src/demo/civil-registry.ts';
import { seedDemo } from '../../src/sandbox/seed.ts';
import { testBridge } from '../bridge.ts';

/** A browser of this machine; null where there is none. */
export function chromiumPath(env: NodeJS.ProcessEnv = process.env): string | null {
  const usual = ['chromium', 'chromium-browser', 'google-chrome'].map((name) => `/usr/bin/${name}`);
  return [env.CHROMIUM_PATH ?? '', ...usual].find((path) => path !== '' && existsSync(path)) ?? null;
}

/** A real bridge with a sandbox behind it, and a registry that reports to it. */
export async function openStage() {
  const registry = new CivilRegistry('crvs.utopia.example');
  let registrants: ReturnType<typeof seedDemo>['registrants'] | undefined;
  const bridge = await testBridge({
    file: { odoo: { public_url: 'https://openspp.example' } },
    seed(sandbox) {
      registrants = seedDemo(sandbox).registrants;
      sandbox.create('spp.dci.crvs.sender', {
        name: 'Civil Registry of Utopia',
        sender_id: registry.senderId,
        public_key: registry.publicKey,
        algorithm: 'ed25519',
      });
    },
  });
  return {
    bridge,
    registrants: registrants as NonNullable<typeof registrants>,
    /** Reports an event and waits until it is settled. */
    async report(message: unknown): Promise<number> {
      const { status } = await bridge.send('/registry/notify', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Prefer: 'wait=20' },
        body: await registry.notification(message),
      });
      return status;
    },
  };
}
