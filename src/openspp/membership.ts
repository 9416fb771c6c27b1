import type { OdooClient } from '../odoo/client.ts';
import { searchRead } from '../odoo/orm.ts';
import { byMany2one, many2oneId, many2oneName, text } from '../odoo/values.ts';
import type { Fields } from './capabilities.ts';
import { DECEASED } from './rules/death.ts';
import { MODEL } from './vocabulary.ts';

/** A membership in a programme that a death is about. */
export interface Membership {
  id: number;
  /** The programme's name; null where this user may not see it. */
  programme: string | null;
  programmeId: number | null;
  /** `exited` where a death ended it before. */
  running: boolean;
  exitDate: string | null;
  exitReason: string | null;
}

/**
 * The program memberships of these registrants that a death ends (`enrolled` and `paused` ones) or has ended, by
 * registrant. Those of a disabled registrant are hidden from everybody by OpenSPP's record rules, so none are found.
 *
 * @throws OdooError
 */
export async function readMemberships(
  client: OdooClient,
  registrants: readonly number[],
  fields: Fields,
): Promise<Map<number, Membership[]>> {
  if (registrants.length === 0) return new Map();
  const hasReason = fields.has('exit_reason');
  const running = ['state', 'in', ['enrolled', 'paused']];
  const ended = ['&', ['state', '=', 'exited'], ['exit_reason', '=like', `${DECEASED}%`]];
  const rows = await searchRead(
    client,
    MODEL.membership,
    ['&', ['partner_id', 'in', [...registrants]], ...(hasReason ? ['|', running, ...ended] : [running])],
    ['partner_id', 'program_id', 'state', ...['exit_date', 'exit_reason'].filter((name) => fields.has(name))],
    { order: 'id' },
  );
  return byMany2one(rows, 'partner_id', (row) => ({
    id: row.id,
    programme: many2oneName(row.program_id),
    programmeId: many2oneId(row.program_id),
    running: row.state !== 'exited',
    exitDate: text(row.exit_date),
    exitReason: text(row.exit_reason),
  }));
}
