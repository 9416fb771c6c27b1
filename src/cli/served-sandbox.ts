import { mkdir, writeFile } from 'node:fs/promises';
import type { OdooAccess } from '../bridge.ts';
import { CivilRegistry } from '../demo/civil-registry.ts';
import { startSandbox } from '../sandbox/sandbox.ts';
import { seedDemo } from '../sandbox/seed.ts';

const FOLDER = 'data/sandbox';
const KEY_FILE = `${FOLDER}/registry-key.pem`;
const SENDER = 'sandbox.crvs';

/**
 * Starts the sandbox that is served where no ODOO_URL is set, with a few registrants and a civil registry whose private
 * key it leaves in `data/sandbox`, and says so on standard error.
 */
export async function startServedSandbox(): Promise<{ access: OdooAccess; close(): Promise<void> }> {
  const sandbox = await startSandbox();
  const { registrants } = seedDemo(sandbox);
  const registry = new CivilRegistry(SENDER);
  sandbox.execute(sandbox.admin.login, 'spp.dci.crvs.sender', 'create', {
    vals_list: [
      {
        name: 'Sandbox Civil Registry',
        sender_id: SENDER,
        public_key: registry.publicKey,
        algorithm: 'ed25519',
      },
    ],
  });
  await mkdir(FOLDER, { recursive: true, mode: 0o700 });
  await writeFile(KEY_FILE, registry.privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  const someone = registrants[0]?.ids.national_id ?? '';
  process.stderr.write(`
  ***********************************************************************
  *  ODOO_URL is not set: this is a SANDBOX, not an OpenSPP.            *
  *  Its registrants are made up, and gone when it stops.               *
  ***********************************************************************

  Its Odoo API is at ${sandbox.url}, database ${sandbox.db}, user ${sandbox.bridge.login}.
  A civil registry, ${SENDER}, is registered there; its private key is in ${KEY_FILE}.
  To report the death of a registrant:

    npm run -s bridge -- sign --key ${KEY_FILE} --sender ${SENDER} \\
      --type death --date 2024-12-01 --identifier UIN=${someone} |
      curl -sS -H 'Content-Type: application/json' -H 'Prefer: wait=10' --data-binary @- http://127.0.0.1:8080/crvs

`);
  return { access: { url: sandbox.url, db: sandbox.db, ...sandbox.bridge }, close: () => sandbox.close() };
}
