import { orAborted } from '../lib/abort.ts';
import type { OdooClient } from '../odoo/client.ts';
import { type OdooRow, searchRead } from '../odoo/orm.ts';
import { text } from '../odoo/values.ts';
import { OTHER_MODEL } from './vocabulary.ts';

/**
 * What distinguishes one OpenSPP from another: when rows were made that each database makes for itself, by model and id, such as
 * `res.company 1`. Odoo gives no id twice, and nobody can change when a row was made. A copy has the same.
 */
export type Fingerprint = Readonly<Record<string, string>>;

/** So many companies are enough to know an OpenSPP again; the oldest come first. */
const COMPANIES = 20;

/**
 * Reads the fingerprint of an OpenSPP: of the companies that the bridge's user sees, and of that user. Every internal user
 * may read both; the uuid of the database is for administrators.
 *
 * @throws OdooError
 */
export async function readFingerprint(client: OdooClient, signal?: AbortSignal): Promise<Fingerprint> {
  const uid = await orAborted(client.uid(), signal);
  const own = signal ? { signal } : {};
  const [companies, users] = await Promise.all([
    searchRead(client, OTHER_MODEL.company, [], ['create_date'], { order: 'id', limit: COMPANIES, ...own }),
    searchRead(client, OTHER_MODEL.user, [['id', '=', uid]], ['create_date'], own),
  ]);
  return { ...factsOf(OTHER_MODEL.company, companies), ...factsOf(OTHER_MODEL.user, users) };
}

function factsOf(model: string, rows: readonly OdooRow[]): Fingerprint {
  return Object.fromEntries(
    rows.flatMap((row) => {
      const made = text(row.create_date);
      return made === null ? [] : [[`${model} ${row.id}`, made]];
    }),
  );
}

/**
 * Whether two fingerprints are of one OpenSPP. A company that was added or renamed, or another user, changes nothing. Where
 * they have nothing in common it cannot be known, and they count as two: waiting harms nobody.
 */
export function isSameOpenspp(kept: Fingerprint, read: Fingerprint): boolean {
  const shared = Object.keys(kept).filter((row) => row in read);
  return shared.length > 0 && shared.every((row) => kept[row] === read[row]);
}
