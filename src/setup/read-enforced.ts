import type { OdooClient } from '../odoo/client.ts';
import { OdooError } from '../odoo/errors.ts';
import { type OdooDomain, type OdooRow, searchRead } from '../odoo/orm.ts';
import { text } from '../odoo/values.ts';
import { MODEL } from '../openspp/vocabulary.ts';

/** What this Odoo holds everybody to, as far as an administrator reads it. */
export interface Enforced {
  /** Whether every employee is asked for a second factor at login. */
  enforcesSecondFactor: boolean;
  /** Whether the registry is locked against everybody but OpenSPP's administrators. */
  isLocked: boolean;
  /** Whether a removed registry ID blocks its type for good; null where that cannot be read. */
  removedIdsBlock: boolean | null;
}

/** Reads it from the parameters, the modules and the database's constraints. */
export async function readEnforced(admin: OdooClient): Promise<Enforced> {
  const policy = await parameter(admin, 'auth_totp.policy');
  const constraints = await rowsOf(
    admin,
    'ir.model.constraint',
    [
      ['model.model', '=', MODEL.registryId],
      ['type', '=', 'u'],
    ],
    ['definition'],
  );
  return {
    // The parameter outlives the module.
    enforcesSecondFactor: POLICIES.has(policy ?? '') && (await isInstalled(admin, 'auth_totp_mail')),
    isLocked: (await parameter(admin, 'spp_starter.registry_admin_only_crud')) === 'True',
    removedIdsBlock:
      constraints?.some(({ definition }) => OLD_CONSTRAINT.test(text(definition) ?? '')) ?? null,
  };
}

/** Odoo's two policies: of employees alone, and of portal users as well. */
const POLICIES: ReadonlySet<string> = new Set(['employee_required', 'all_required']);
/** Of OpenSPP's registry module up to 19.0.2.2.1: of all IDs, the removed ones included. */
const OLD_CONSTRAINT = /^unique\s*\(\s*partner_id\s*,\s*id_type_id\s*\)$/i;

async function parameter(admin: OdooClient, key: string): Promise<string | null> {
  const rows = await rowsOf(admin, 'ir.config_parameter', [['key', '=', key]], ['value']);
  return text(rows?.[0]?.value);
}

async function isInstalled(admin: OdooClient, module: string): Promise<boolean> {
  const domain = [
    ['name', '=', module],
    ['state', '=', 'installed'],
  ];
  const rows = await rowsOf(admin, 'ir.module.module', domain, ['name']);
  return rows !== null && rows.length > 0;
}

const ABSENT: ReadonlySet<string> = new Set(['odoo.unknown_model', 'odoo.access']);

/** Null where there is no such model, or the administrator may not read it. */
async function rowsOf(
  admin: OdooClient,
  model: string,
  domain: OdooDomain,
  fields: readonly string[],
): Promise<OdooRow[] | null> {
  try {
    return await searchRead(admin, model, domain, fields);
  } catch (error) {
    if (error instanceof OdooError && ABSENT.has(error.code)) return null;
    throw error;
  }
}
