import { loadSettings } from '../../src/config/load.ts';
import type { OdooClient, OdooProtocol } from '../../src/odoo/client.ts';
import { connectOdoo } from '../../src/odoo/connect.ts';
import { FACES, type Face, isFace } from '../../src/sandbox/faces.ts';
import { startSandbox } from '../../src/sandbox/sandbox.ts';

/** An OpenSPP to run the contract suite against. */
export interface Target {
  face: Face;
  /** The least-privileged user that the contract names; where there are change requests, it may file them. */
  bridge(protocol: OdooProtocol): OdooClient;
  /** An administrator, for fixtures that the bridge's user may not make; null where no credentials were given. */
  admin: OdooClient | null;
  /** Who decides on change requests; null where there are none, or no credentials were given. */
  approver: OdooClient | null;
  close(): Promise<void>;
}

export interface OpenOptions {
  /** Whether a registry lock stays on; else it is lifted until the target is closed, so that all faces take writes. */
  locked?: boolean;
}

/** An OpenSPP that can be opened, and what it has besides OpenSPP's base. */
export interface NamedTarget {
  name: string;
  face: Face;
  open(options?: OpenOptions): Promise<Target>;
}

export const MATCHING = loadSettings({}).matching;
const TIMEOUT_MS = 60_000;
const LOCK = 'spp_starter.registry_admin_only_crud';

/** The sandbox with each of its faces; and the Odoo at ODOO_URL, where one is given, with the face in ODOO_FACE. */
export const TARGETS: NamedTarget[] = [
  { name: 'sandbox', face: 'plain', open: (options) => sandboxTarget('plain', options) },
  { name: 'sandbox with extras', face: 'extras', open: (options) => sandboxTarget('extras', options) },
  { name: 'sandbox as SP-MIS', face: 'spmis', open: (options) => sandboxTarget('spmis', options) },
  { name: 'sandbox with old IDs', face: 'oldids', open: (options) => sandboxTarget('oldids', options) },
];

const { ODOO_URL, ODOO_DB, ODOO_LOGIN, ODOO_API_KEY, ODOO_PASSWORD } = process.env;
const { ODOO_ADMIN_LOGIN = 'admin', ODOO_ADMIN_API_KEY, ODOO_ADMIN_PASSWORD } = process.env;
const { ODOO_APPROVER_LOGIN = 'approver', ODOO_APPROVER_API_KEY, ODOO_APPROVER_PASSWORD } = process.env;
if (ODOO_URL && ODOO_DB && ODOO_LOGIN && (ODOO_API_KEY || ODOO_PASSWORD)) {
  const place = { url: ODOO_URL, db: ODOO_DB, timeoutMs: TIMEOUT_MS };
  const person = (login: string, apiKey: string | undefined, password: string | undefined) =>
    apiKey || password ? connectOdoo({ ...place, login, apiKey, password, protocol: 'jsonrpc' }) : null;
  const face = faceOf(process.env.ODOO_FACE);
  TARGETS.push({
    name: `Odoo at ODOO_URL (${face})`,
    face,
    open: async (options) => {
      const admin = person(ODOO_ADMIN_LOGIN, ODOO_ADMIN_API_KEY, ODOO_ADMIN_PASSWORD);
      const restore = await prepareLock(face, admin, options);
      return {
        face,
        bridge: (protocol) =>
          connectOdoo({
            ...place,
            login: ODOO_LOGIN,
            apiKey: ODOO_API_KEY,
            password: ODOO_PASSWORD,
            protocol,
          }),
        admin,
        approver: person(ODOO_APPROVER_LOGIN, ODOO_APPROVER_API_KEY, ODOO_APPROVER_PASSWORD),
        close: restore,
      };
    },
  });
}

/** The face with this name; a real Odoo's is in ODOO_FACE. */
export function faceOf(name = 'plain'): Face {
  if (isFace(name)) return name;
  throw new Error(`ODOO_FACE must be one of ${Object.keys(FACES).join(', ')}`);
}

async function sandboxTarget(face: Face, options: OpenOptions = {}): Promise<Target> {
  const sandbox = await startSandbox(FACES[face]);
  const place = { url: sandbox.url, db: sandbox.db, timeoutMs: TIMEOUT_MS };
  const admin = connectOdoo({ ...place, ...sandbox.admin, protocol: 'json2' });
  await prepareLock(face, admin, options);
  return {
    face,
    bridge: (protocol) => connectOdoo({ ...place, ...sandbox.bridge, protocol }),
    admin,
    approver: sandbox.approver && connectOdoo({ ...place, ...sandbox.approver, protocol: 'json2' }),
    close: () => sandbox.close(),
  };
}

/** Puts the registry lock on or lifts it, as the administrators of an SP-MIS do in its settings. */
export async function setLock(admin: OdooClient, isOn: boolean): Promise<void> {
  await admin.call('ir.config_parameter', 'set_param', { key: LOCK, value: isOn ? 'True' : 'False' });
}

/** Lifts the lock of an SP-MIS, unless it is to stay on; gives what puts it back on. */
export async function prepareLock(
  face: Face,
  admin: OdooClient | null,
  { locked = false }: OpenOptions = {},
): Promise<() => Promise<void>> {
  if (face !== 'spmis') return async () => {};
  if (!admin)
    throw new Error('The face spmis needs an administrator: ODOO_ADMIN_API_KEY or ODOO_ADMIN_PASSWORD');
  await setLock(admin, locked);
  return () => setLock(admin, true);
}
