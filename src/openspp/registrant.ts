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
}

/** Values to write on `res.partner`. */
export type RegistrantPatch = Record<string, OdooValue>;

/**
 * Reads the registrants among these partners: individuals that are not archived. Groups and mere contacts are left
 * out: an identifier never leads to one.
 *
 * @throws OdooError
 */
export async function readRegistrants(
  client: OdooClient,
  ids: readonly number[],
  fields: Fields,
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
  const rows = await searchRead(
    client,
    MODEL.registrant,
    [
      ['id', 'in', [...ids]],
      ['is_registrant', '=', true],
      ['is_group', '=', false],
    ],
    asked,
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
      },
    ]),
  );
}
