import type { OdooClient } from '../odoo/client.ts';
import { searchRead } from '../odoo/orm.ts';
import { many2oneId, text } from '../odoo/values.ts';
import type { Fields } from './capabilities.ts';
import { MODEL } from './vocabulary.ts';

/** A live `spp.registry.id` of a registrant: one that is not marked invalid. */
export interface LiveId {
  id: number;
  idTypeId: number;
  value: string;
  /** `verification_source`; null where it is empty, or where this OpenSPP has no such field. */
  source: string | null;
}

/** IDs of one type that one registrant may have. */
export interface IdsOf {
  registrantId: number;
  idTypeId: number;
}

/**
 * The live IDs of these types that these registrants have, by registrant; or the removed ones (status `invalid`):
 * releases of OpenSPP up to spp_registry 19.0.2.2.1 take no second ID of a type beside one of these.
 *
 * @param fields of `spp.registry.id` in this OpenSPP
 * @throws OdooError
 */
export async function readLiveIds(
  client: OdooClient,
  wanted: readonly IdsOf[],
  fields: Fields,
  which: 'live' | 'removed' = 'live',
): Promise<Map<number, LiveId[]>> {
  const ids = new Map<number, LiveId[]>();
  if (wanted.length === 0) return ids;
  const rows = await searchRead(
    client,
    MODEL.registryId,
    [
      ['partner_id', 'in', [...new Set(wanted.map(({ registrantId }) => registrantId))]],
      ['id_type_id', 'in', [...new Set(wanted.map(({ idTypeId }) => idTypeId))]],
      ['status', which === 'live' ? '!=' : '=', 'invalid'],
    ],
    ['partner_id', 'id_type_id', 'value', 'verification_source'].filter(
      (name) => name !== 'verification_source' || fields.has(name),
    ),
  );
  for (const row of rows) {
    const registrant = many2oneId(row.partner_id);
    const idTypeId = many2oneId(row.id_type_id);
    if (registrant === null || idTypeId === null) continue;
    const one = { id: row.id, idTypeId, value: text(row.value) ?? '', source: text(row.verification_source) };
    ids.set(registrant, [...(ids.get(registrant) ?? []), one]);
  }
  return ids;
}
