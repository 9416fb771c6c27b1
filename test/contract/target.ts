import { loadSettings } from '../../src/config/load.ts';
import { matchingSettings } from '../../src/config/matching.ts';
import type { OdooClient, OdooProtocol } from '../../src/odoo/client.ts';
import { connectOdoo } from '../../src/odoo/connect.ts';
import { startSandbox } from '../../src/sandbox/sandbox.ts';

/** An OpenSPP to run the contract suite against. */
export interface Target {
  /** The least-privileged user that the contract names. */
  bridge(protocol: OdooProtocol): OdooClient;
  /** An administrator, for fixtures that the bridge's user may not make; null where no credentials were given. */
  admin: OdooClient | null;
  close(): Promise<void>;
}

export const MATCHING = matchingSettings(loadSettings({}));
const TIMEOUT_MS = 60_000;

/** The sandbox, as a plain OpenSPP and with what other modules add; and the Odoo at ODOO_URL, where one is given. */
export const TARGETS: { name: string; open(): Promise<Target> }[] = [
  { name: 'sandbox', open: () => sandboxTarget(false) },
  { name: 'sandbox with extras', open: () => sandboxTarget(true) },
];

const { ODOO_URL, ODOO_DB, ODOO_LOGIN, ODOO_API_KEY, ODOO_PASSWORD } = process.env;
const { ODOO_ADMIN_LOGIN = 'admin', ODOO_ADMIN_API_KEY, ODOO_ADMIN_PASSWORD } = process.env;
if (ODOO_URL && ODOO_DB && ODOO_LOGIN && (ODOO_API_KEY || ODOO_PASSWORD)) {
  const place = { url: ODOO_URL, db: ODOO_DB, timeoutMs: TIMEOUT_MS };
  TARGETS.push({
    name: 'Odoo at ODOO_URL',
    open: async () => ({
      bridge: (protocol) =>
        connectOdoo({ ...place, login: ODOO_LOGIN, apiKey: ODOO_API_KEY, password: ODOO_PASSWORD, protocol }),
      admin:
        ODOO_ADMIN_API_KEY || ODOO_ADMIN_PASSWORD
          ? connectOdoo({
              ...place,
              login: ODOO_ADMIN_LOGIN,
              apiKey: ODOO_ADMIN_API_KEY,
              password: ODOO_ADMIN_PASSWORD,
              protocol: 'jsonrpc',
            })
          : null,
      close: async () => {},
    }),
  });
}

async function sandboxTarget(extras: boolean): Promise<Target> {
  const sandbox = await startSandbox({ extras });
  const place = { url: sandbox.url, db: sandbox.db, timeoutMs: TIMEOUT_MS };
  return {
    bridge: (protocol) => connectOdoo({ ...place, ...sandbox.bridge, protocol }),
    admin: connectOdoo({ ...place, ...sandbox.admin, protocol: 'json2' }),
    close: () => sandbox.close(),
  };
}
