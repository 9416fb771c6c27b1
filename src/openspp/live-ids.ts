import type { OdooClient } from '../odoo/client.ts';
import { type OdooDomain, type OdooRow, searchRead } from '../odoo/orm.ts';
import { many2oneId, text } from '../odoo/values.ts';
import type { Fields } from './capabilities.ts';
import type { LiveId } from './registration-number.ts';
import { MODEL } from './vocabulary.ts';

/**
 * The live IDs of these types that these registrants have, by registrant.
 *
 * @param fields of `spp.registry.id` in this OpenSPP
 * @throws OdooError
 */
export function readLiveIds(
  client: OdooClient,
  registrants: readonly number[],
  idTypes: readonly number[],
  fields: Fields,
): Promise<Map<number, LiveId[]>> {
  return readIds(client, registrants, idTypes, fields, ['status', '!=', 'invalid']);
}

/**
 * The removed IDs (status `invalid`) of these types that these registrants have. Releases of OpenSPP up to
 * spp_registry 19.0.2.2.1 take no second ID of a type beside one of these.
 *
 * @throws OdooError
 */
export function readRemovedIds(
  client: OdooClient,
  registrants: readonly number[],
  idTypes: readonly number[],
  fields: Fields,
): Promise<Map<number, LiveId[]>> {
  return readIds(client, registrants, idTypes, fields, ['status', '=', 'invalid']);
}

async function readIds(
  client: OdooClient,
  registrants: readonly number[],
  idTypes: readonly number[],
  fields: Fields,
  status: OdooDomain,
): Promise<Map<number, LiveId[]>> {
  if (registrants.length === 0) return new Map();
  const rows = await searchRead(
    client,
    MODEL.registryId,
    [['partner_id', 'in', [...registrants]], ['id_type_id', 'in', [...new Set(idTypes)]], status],
    [
      'partner_id',
      'id_type_id',
      'value',
      ...(fields.has('verification_source') ? ['verification_source'] : []),
    ],
  );
  return byRegistrant(rows);
}

function byRegistrant(rows: readonly OdooRow[]): Map<number, LiveId[]> {
  const ids = new Map<number, LiveId[]>();
  for (const row of rows) {
    const registrant = many2oneId(row.partner_id);
    const idTypeId = many2oneId(row.id_type_id);
    if (registrant === null || idTypeId === null) continue;
    const one = { id: row.id, idTypeId, value: text(row.value) ?? '', source: text(row.verification_source) };
    ids.set(registrant, [...(ids.get(registrant) ?? []), one]);
  }
  return ids;
}
