import type { OdooClient, OdooValue } from '../odoo/client.ts';
import { searchRead } from '../odoo/orm.ts';
import { many2oneId, text } from '../odoo/values.ts';
import type { Fields } from './capabilities.ts';
import { MODEL } from './vocabulary.ts';

/** What the rules look at of a registrant; a field that this OpenSPP does not have is `undefined`. */
export interface Registrant {
  id: number;
  /** `YYYY-MM-DD`, or null where empty. */
  birthdate: string | null;
  deathDate: string | null | undefined;
  /** UTC, `YYYY-MM-DD HH:MM:SS`, or null where the registrant is not disabled. */
  disabled: string | null;
  disabledReason: string | null;
  civilStatusId: number | null | undefined;
  /** The value of the older `civil_status` field. */
  civilStatus: string | null | undefined;
  /** What extensions asked to be read, by field, as Odoo has it. */
  fields?: Readonly<Record<string, OdooValue>>;
}

/** Values to write on `res.partner`. */
export type RegistrantPatch = Record<string, OdooValue>;

/**
 * Reads the registrants among these partners: individuals that are not archived. Groups and mere contacts are left
 * out: an identifier never leads to one.
 *
 * @param more fields that are read besides, where this OpenSPP has them
 * @throws OdooError
 */
export async function readRegistrants(
  client: OdooClient,
  ids: readonly number[],
  fields: Fields,
  more: readonly string[] = [],
): Promise<Map<number, Registrant>> {
  if (ids.length === 0) return new Map();
  const asked = [
    'birthdate',
    'death_date',
    'disabled',
    'disabled_reason',
    'civil_status_id',
    'civil_status',
  ].filter((name) => fields.has(name));
  const custom = more.filter((name) => fields.has(name));
  const rows = await searchRead(
    client,
    MODEL.registrant,
    [
      ['id', 'in', [...ids]],
      ['is_registrant', '=', true],
      ['is_group', '=', false],
    ],
    custom.length === 0 ? asked : [...new Set([...asked, ...custom])],
  );
  return new Map(
    rows.map((row) => [
      row.id,
      {
        id: row.id,
        birthdate: text(row.birthdate),
        deathDate: row.death_date === undefined ? undefined : text(row.death_date),
        disabled: text(row.disabled),
        disabledReason: text(row.disabled_reason),
        civilStatusId: row.civil_status_id === undefined ? undefined : many2oneId(row.civil_status_id),
        civilStatus: row.civil_status === undefined ? undefined : text(row.civil_status),
        ...(custom.length === 0 ? {} : { fields: picked(row, custom) }),
      },
    ]),
  );
}

/** These fields of a row. */
export function picked(
  row: Readonly<Record<string, OdooValue>>,
  names: readonly string[],
): Record<string, OdooValue> {
  return Object.fromEntries(names.map((name) => [name, row[name] ?? false]));
}
