import type { OdooAccess } from '../../src/composition/context.ts';
import type { OdooClient } from '../../src/odoo/client.ts';
import { connectOdoo } from '../../src/odoo/connect.ts';
import { Child } from './child.ts';
import { FlagError } from './flags.ts';
import type { SandboxQuestions } from './sandbox-child.ts';

/** An OpenSPP to deliver into. */
export interface Target {
  kind: 'odoo' | 'sandbox';
  /** The user that the bridge works as. */
  bridge: OdooAccess;
  /** For fixtures. */
  admin: OdooClient;
  close(): Promise<void>;
}

const TIMEOUT_MS = 300_000;
const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

/**
 * A benchmark fills whatever it is pointed at with people who do not exist.
 *
 * @throws {FlagError} for another machine than this one, unless `--remote` says that it is meant
 */
export function assertHere(name: string, url: string, remote: boolean): void {
  if (remote || LOOPBACK.has(new URL(url).hostname)) return;
  throw new FlagError(
    `${name} is on another machine. The benchmark fills it with registrants and events that nobody can take out again; if it is there for that, say --remote`,
  );
}

/** The Odoo at ODOO_URL; null where the environment names none. */
export function odooTarget(env: NodeJS.ProcessEnv, remote: boolean): Target | null {
  const { ODOO_URL, ODOO_DB, ODOO_LOGIN, ODOO_API_KEY, ODOO_PASSWORD } = env;
  const { ODOO_ADMIN_LOGIN = 'admin', ODOO_ADMIN_API_KEY, ODOO_ADMIN_PASSWORD } = env;
  if (!ODOO_URL) return null;
  if (!ODOO_DB || !ODOO_LOGIN || !(ODOO_API_KEY || ODOO_PASSWORD)) {
    throw new FlagError('with ODOO_URL, set ODOO_DB, ODOO_LOGIN and ODOO_API_KEY or ODOO_PASSWORD');
  }
  if (!ODOO_ADMIN_API_KEY && !ODOO_ADMIN_PASSWORD) {
    throw new FlagError('with ODOO_URL, set ODOO_ADMIN_API_KEY or ODOO_ADMIN_PASSWORD, for the fixtures');
  }
  assertHere('ODOO_URL', ODOO_URL, remote);
  return {
    kind: 'odoo',
    bridge: {
      url: ODOO_URL,
      db: ODOO_DB,
      login: ODOO_LOGIN,
      apiKey: ODOO_API_KEY || null,
      password: ODOO_PASSWORD || null,
    },
    admin: connectOdoo({
      url: ODOO_URL,
      db: ODOO_DB,
      login: ODOO_ADMIN_LOGIN,
      apiKey: ODOO_ADMIN_API_KEY,
      password: ODOO_ADMIN_PASSWORD,
      protocol: 'auto',
      timeoutMs: TIMEOUT_MS,
    }),
    close: async () => {},
  };
}

/** A sandbox of its own. */
export async function sandboxTarget(): Promise<Target> {
  const child = new Child<SandboxQuestions>(new URL('./sandbox-child.ts', import.meta.url));
  const { url, db, admin, bridge } = await child.ask('start', undefined as never);
  return {
    kind: 'sandbox',
    bridge: { url, db, ...bridge },
    admin: connectOdoo({ url, db, ...admin, protocol: 'json2', timeoutMs: TIMEOUT_MS }),
    close: () => child.end(),
  };
}
