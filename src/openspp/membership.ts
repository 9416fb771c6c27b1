import type { OdooClient } from '../odoo/client.ts';
import { searchRead } from '../odoo/orm.ts';
import { many2oneId, text } from '../odoo/values.ts';
import { DECEASED } from './rules/death.ts';
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

/**
 * The program memberships of these registrants that the bridge ended on these days, by registrant.
 *
 * @throws OdooError
 */
export async function endedMemberships(
  client: OdooClient,
  ended: readonly { registrant: number; date: string }[],
): Promise<Map<number, number[]>> {
  const days = new Map(ended.map(({ registrant, date }) => [registrant, date]));
  const rows = await searchRead(
    client,
    MODEL.membership,
    [
      ['partner_id', 'in', [...days.keys()]],
      ['state', '=', 'exited'],
      ['exit_date', 'in', [...new Set(days.values())]],
      ['exit_reason', '=like', `${DECEASED}%`],
    ],
    ['partner_id', 'exit_date'],
  );
  const found = new Map<number, number[]>();
  for (const row of rows) {
    const registrant = many2oneId(row.partner_id);
    if (registrant === null || days.get(registrant) !== text(row.exit_date)) continue;
    found.set(registrant, [...(found.get(registrant) ?? []), row.id]);
  }
  return found;
}
