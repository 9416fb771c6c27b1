import { randomBytes } from 'node:crypto';
import type { OdooAccess } from '../../src/composition/context.ts';
import type { OdooClient } from '../../src/odoo/client.ts';
import { connectOdoo } from '../../src/odoo/connect.ts';
import { searchRead } from '../../src/odoo/orm.ts';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import { faceOf, prepareLock } from '../contract/target.ts';

/** An OpenSPP to deliver to: how the bridge gets in, and an administrator for the fixtures. */
export interface Openspp {
  access: OdooAccess;
  admin: OdooClient;
  close(): Promise<void>;
}

/** The sandbox; and the Odoo at ODOO_URL, where it is given with an administrator's API key (see CONTRIBUTING.md). */
export const OPENSPPS: {
  name: string;
  open(): Promise<Openspp>;
  /** Another OpenSPP, which was installed at another time; null where none was given. */
  openAnother: (() => Promise<Openspp>) | null;
}[] = [{ name: 'the sandbox', open: sandbox, openAnother: () => sandbox(86_400_000) }];

const { ODOO_URL, ODOO_DB, ODOO_LOGIN, ODOO_API_KEY, ODOO_ADMIN_API_KEY } = process.env;
const {
  ODOO_ADMIN_LOGIN = 'admin',
  ODOO_OTHER_DB,
  ODOO_OTHER_API_KEY,
  ODOO_OTHER_ADMIN_API_KEY,
} = process.env;
if (ODOO_URL && ODOO_DB && ODOO_LOGIN && ODOO_API_KEY && ODOO_ADMIN_API_KEY) {
  const openAt = async (db: string, apiKey: string, adminKey: string): Promise<Openspp> => {
    const place = { url: ODOO_URL, db };
    const admin = adminOf(place, ODOO_ADMIN_LOGIN, adminKey);
    return {
      access: { ...place, login: ODOO_LOGIN, apiKey, password: null },
      admin,
      close: await prepareLock(faceOf(process.env.ODOO_FACE), admin),
    };
  };
  OPENSPPS.push({
    name: 'Odoo at ODOO_URL',
    open: () => openAt(ODOO_DB, ODOO_API_KEY, ODOO_ADMIN_API_KEY),
    openAnother:
      ODOO_OTHER_DB && ODOO_OTHER_API_KEY && ODOO_OTHER_ADMIN_API_KEY
        ? () => openAt(ODOO_OTHER_DB, ODOO_OTHER_API_KEY, ODOO_OTHER_ADMIN_API_KEY)
        : null,
  });
}

/** @param agoMs milliseconds that it was installed before now */
async function sandbox(agoMs = 0): Promise<Openspp> {
  const started = await startSandbox({ clock: () => Date.now() - agoMs });
  const place = { url: started.url, db: started.db };
  return {
    access: { ...place, ...started.bridge },
    admin: adminOf(place, started.admin.login, started.admin.apiKey),
    close: () => started.close(),
  };
}

function adminOf(place: { url: string; db: string }, login: string, apiKey: string): OdooClient {
  return connectOdoo({ ...place, login, apiKey, protocol: 'json2', timeoutMs: 60_000 });
}

/** A value that no earlier run on the same database has used. */
export const unique = (prefix: string) => `${prefix}-${randomBytes(6).toString('hex').toUpperCase()}`;

/** The id of OpenSPP's ID type `national_id`; 0 where it has none. */
export async function nationalIdType({ admin }: Pick<Openspp, 'admin'>): Promise<number> {
  const [type] = await searchRead(
    admin,
    'spp.vocabulary.code',
    [
      ['namespace_uri', '=', 'urn:openspp:vocab:id-type'],
      ['code', '=', 'national_id'],
    ],
    ['id'],
  );
  return type?.id ?? 0;
}
