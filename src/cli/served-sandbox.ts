import { mkdir, rm, writeFile } from 'node:fs/promises';
import type { OdooAccess } from '../composition/context.ts';
import { loadSettings } from '../config/load.ts';
import type { Settings } from '../config/schema.ts';
import { CivilRegistry } from '../demo/civil-registry.ts';
import { FACES, type Face } from '../sandbox/faces.ts';
import { type Sandbox, startSandbox } from '../sandbox/sandbox.ts';
import { seedDemo } from '../sandbox/seed.ts';

/** Where a bridge delivers to, and what it keeps its messages in. */
export interface Served {
  access: OdooAccess;
  inboxUrl: string;
  close(): Promise<void>;
}

const FOLDER = 'data/sandbox';
const KEY_FILE = `${FOLDER}/registry-key.pem`;
const SENDER = 'sandbox.crvs';

/**
 * Starts the sandbox that is served where no ODOO_URL is set, with a few registrants and a civil registry whose private
 * key it leaves in `data/sandbox`, and says so on standard error. The face says what it has besides OpenSPP's base.
 */
export async function startServedSandbox(settings: Settings, face: Face = 'plain'): Promise<Served> {
  const sandbox = await startSandbox(FACES[face]);
  try {
    return await introduced(sandbox, settings);
  } catch (error) {
    await sandbox.close();
    throw error;
  }
}

async function introduced(sandbox: Sandbox, settings: Settings): Promise<Served> {
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
  const inboxUrl = await inboxOf(settings);
  const someone = registrants[0]?.ids.national_id ?? '';
  process.stderr.write(`
  ***********************************************************************
  *  ODOO_URL is not set: this is a SANDBOX, not an OpenSPP.            *
  *  Its registrants are made up, and gone when it stops.               *
  ***********************************************************************

  Its Odoo API is at ${sandbox.url}, database ${sandbox.db}, user ${sandbox.bridge.login}.
${aboutApprover(sandbox)}  A civil registry, ${SENDER}, is registered there; its private key is in ${KEY_FILE}.
  Its inbox is ${inboxUrl} (INBOX_URL for the events command).
${inboxUrl === settings.inbox.url ? '  An inbox belongs to one sandbox: name a new one each time.\n' : ''}  To report the death of a registrant:

    npx crvs-bridge sign --key ${KEY_FILE} --sender ${SENDER} \\
      --type death --date 2024-12-01 --identifier UIN=${someone} |
      curl -sS -H 'Content-Type: application/json' -H 'Prefer: wait=10' --data-binary @- http://127.0.0.1:${settings.server.port}/crvs

`);
  return {
    access: { url: sandbox.url, db: sandbox.db, ...sandbox.bridge },
    inboxUrl,
    close: () => sandbox.close(),
  };
}

/** How to decide on change requests, where there are any. */
function aboutApprover({ approver }: Sandbox): string {
  if (approver === null) return '';
  return `  Change requests are decided by the user ${approver.login} (API key ${approver.apiKey}): by the method
  action_approve of spp.change.request, or by writing its approval_state.
`;
}

/**
 * Unless one is named, an inbox of its own, new each time: what a sandbox trusted and received must never
 * meet a real OpenSPP, nor the next sandbox.
 */
async function inboxOf(settings: Settings): Promise<string> {
  if (settings.inbox.url !== loadSettings({}).inbox.url) return settings.inbox.url;
  for (const side of ['', '-wal', '-shm']) await rm(`${FOLDER}/inbox.db${side}`, { force: true });
  return `sqlite:./${FOLDER}/inbox.db`;
}
