import type { OdooClient } from '../odoo/client.ts';
import { OdooError } from '../odoo/errors.ts';
import { fieldsGet, type OdooRow, read, searchCount, searchRead } from '../odoo/orm.ts';
import { text } from '../odoo/values.ts';
import { MODEL, OTHER_MODEL } from '../openspp/vocabulary.ts';

/** A company of Odoo's. */
export interface Company {
  id: number;
  name: string;
}

/** The companies whose registrants the bridge should see. */
export interface FoundCompanies {
  /** Those that have registrants, as far as the administrator sees them; with the number of these. */
  withRegistrants: readonly (Company & { registrants: number })[];
  /** Those that the administrator does not belong to, so that their registrants are hidden here, too. */
  unseen: readonly Company[];
  /** Registry IDs of registrants whom the administrator cannot see. */
  hiddenIds: number;
}

/** Reads which companies have registrants. */
export async function readCompanies(admin: OdooClient): Promise<FoundCompanies> {
  const companies = (
    await optional(searchRead(admin, OTHER_MODEL.company, [], ['name']), [] as OdooRow[])
  ).map((row) => ({ id: row.id, name: text(row.name) ?? '' }));
  const own = companies.length > 0 ? await ownCompanies(admin) : [];
  const seen = companies.filter(({ id }) => own.includes(id));
  const withRegistrants: (Company & { registrants: number })[] = [];
  for (const company of seen) {
    const registrants = await searchCount(admin, MODEL.registrant, [
      ['is_registrant', '=', true],
      ['company_id', '=', company.id],
    ]);
    if (registrants > 0) withRegistrants.push({ ...company, registrants });
  }
  return {
    withRegistrants,
    unseen: companies.filter(({ id }) => !own.includes(id)),
    hiddenIds: await searchCount(admin, MODEL.registryId, [['partner_id', 'not any', [['id', '>', 0]]]]),
  };
}

async function ownCompanies(admin: OdooClient): Promise<readonly number[]> {
  if (!(await fieldsGet(admin, OTHER_MODEL.user)).has('company_ids')) return [];
  const [user] = await read(admin, OTHER_MODEL.user, [await admin.uid()], ['company_ids']);
  return Array.isArray(user?.company_ids) ? (user.company_ids as number[]) : [];
}

const ABSENT: ReadonlySet<string> = new Set(['odoo.unknown_model', 'odoo.access']);

async function optional<T>(work: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof OdooError && ABSENT.has(error.code)) return otherwise;
    throw error;
  }
}
