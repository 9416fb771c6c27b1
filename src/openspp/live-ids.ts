import type { OdooClient } from '../odoo/client.ts';
import { searchRead } from '../odoo/orm.ts';
import { many2oneId, text } from '../odoo/values.ts';
import type { LiveId } from './registration-number.ts';
import { MODEL } from './vocabulary.ts';

/**
 * The live IDs of these types that these registrants have, by registrant.
 *
 * @throws OdooError
 */
export async function readLiveIds(
  client: OdooClient,
  registrants: readonly number[],
  idTypes: readonly number[],
): Promise<Map<number, LiveId[]>> {
  const live = new Map<number, LiveId[]>();
  if (registrants.length === 0) return live;
  const rows = await searchRead(
    client,
    MODEL.registryId,
    [
      ['partner_id', 'in', [...registrants]],
      ['id_type_id', 'in', [...new Set(idTypes)]],
      ['status', '!=', 'invalid'],
    ],
    ['partner_id', 'id_type_id', 'value'],
  );
  for (const row of rows) {
    const registrant = many2oneId(row.partner_id);
    const idTypeId = many2oneId(row.id_type_id);
    if (registrant === null || idTypeId === null) continue;
    live.set(registrant, [
      ...(live.get(registrant) ?? []),
      { id: row.id, idTypeId, value: text(row.value) ?? '' },
    ]);
  }
  return live;
}
