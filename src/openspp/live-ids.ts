import type { OdooClient } from '../odoo/client.ts';
import { searchRead } from '../odoo/orm.ts';
import { byMany2one, many2oneId, parseOdooDatetime, text } from '../odoo/values.ts';
import type { Fields } from './capabilities.ts';
import { MODEL } from './vocabulary.ts';

/** A `spp.registry.id` of a registrant; fields that this OpenSPP does not have are null. */
export interface LiveId {
  id: number;
  idTypeId: number;
  value: string;
  /** `verification_source` */
  source: string | null;
  /** `verification_date`, milliseconds since the epoch. */
  verifiedAt: number | null;
  description: string | null;
}

/** IDs of one type, or of all types, that one registrant may have. */
export interface IdsOf {
  registrantId: number;
  idTypeId?: number;
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
  if (wanted.length === 0) return new Map();
  const idTypes = new Set(wanted.flatMap(({ idTypeId = [] }) => idTypeId));
  const optional = ['verification_source', 'verification_date', 'description'];
  const rows = await searchRead(
    client,
    MODEL.registryId,
    [
      ['partner_id', 'in', [...new Set(wanted.map(({ registrantId }) => registrantId))]],
      ...(idTypes.size === 0 ? [] : [['id_type_id', 'in', [...idTypes]]]),
      ['status', which === 'live' ? '!=' : '=', 'invalid'],
    ],
    ['partner_id', 'id_type_id', 'value', ...optional.filter((name) => fields.has(name))],
  );
  return byMany2one(rows, 'partner_id', (row) => {
    const idTypeId = many2oneId(row.id_type_id);
    if (idTypeId === null) return null;
    return {
      id: row.id,
      idTypeId,
      value: text(row.value) ?? '',
      source: text(row.verification_source),
      verifiedAt: parseOdooDatetime(row.verification_date),
      description: text(row.description),
    };
  });
}
