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
export const OPENSPPS: { name: string; open(): Promise<Openspp> }[] = [
  { name: 'the sandbox', open: sandbox },
];

const { ODOO_URL, ODOO_DB, ODOO_LOGIN, ODOO_API_KEY, ODOO_ADMIN_API_KEY } = process.env;
const { ODOO_ADMIN_LOGIN = 'admin' } = process.env;
if (ODOO_URL && ODOO_DB && ODOO_LOGIN && ODOO_API_KEY && ODOO_ADMIN_API_KEY) {
  const place = { url: ODOO_URL, db: ODOO_DB };
  OPENSPPS.push({
    name: 'Odoo at ODOO_URL',
    open: async () => {
      const admin = adminOf(place, ODOO_ADMIN_LOGIN, ODOO_ADMIN_API_KEY);
      return {
        access: { ...place, login: ODOO_LOGIN, apiKey: ODOO_API_KEY, password: null },
        admin,
        close: await prepareLock(faceOf(process.env.ODOO_FACE), admin),
      };
    },
  });
}

async function sandbox(): Promise<Openspp> {
  const started = await startSandbox();
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
