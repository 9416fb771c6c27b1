import type { OdooClient } from '../odoo/client.ts';
import { searchRead } from '../odoo/orm.ts';
import { many2oneId } from '../odoo/values.ts';
import { MODEL } from './vocabulary.ts';

/**
 * The program memberships of these registrants that can be ended: `enrolled` and `paused` ones, by registrant.
 *
 * @throws OdooError
 */
export async function runningMemberships(
  client: OdooClient,
  registrants: readonly number[],
): Promise<Map<number, number[]>> {
  const running = new Map<number, number[]>();
  if (registrants.length === 0) return running;
  const rows = await searchRead(
    client,
    MODEL.membership,
    [
      ['partner_id', 'in', [...registrants]],
      ['state', 'in', ['enrolled', 'paused']],
    ],
    ['partner_id'],
  );
  for (const row of rows) {
    const registrant = many2oneId(row.partner_id);
    if (registrant !== null) running.set(registrant, [...(running.get(registrant) ?? []), row.id]);
  }
  return running;
}
