import { createPublicKey } from 'node:crypto';
import { thumbprintOf, type VerificationKey } from '../dci/keys.ts';
import { withLineBreaks } from '../dci/pem.ts';
import type { OdooClient } from '../odoo/client.ts';
import { OdooError } from '../odoo/errors.ts';
import { type OdooValues, searchRead, write } from '../odoo/orm.ts';
import { odooDatetime, text } from '../odoo/values.ts';
import { type HeldKeys, isOfSet } from '../registry-keys/held-keys.ts';

const MODEL = 'spp.dci.crvs.sender';
/** The algorithms that OpenSPP's sender table has. */
const STORABLE: readonly string[] = ['ed25519', 'rs256'];

/** How storing a key in Odoo ended. */
export type Stored =
  /** The row has a key of the set now. */
  | 'stored'
  /** The row had a key of the set already; only the time was written. */
  | 'current'
  /** The row has a key that was entered by hand; it was left alone. */
  | 'by_hand'
  /** No key of the set has an algorithm that OpenSPP's table knows. */
  | 'no_storable_key'
  /** This user may not change senders. */
  | 'not_allowed'
  /** There is no active sender of that name. */
  | 'no_such_sender';

/**
 * Stores a fetched key in the sender's row, where Odoo's own screen shows it: `public_key`, `algorithm`,
 * `last_key_fetch`. A user who may not change senders changes nothing, and that is no error.
 *
 * @param now milliseconds since the epoch
 * @throws OdooError
 */
export async function storeKey(
  client: OdooClient,
  senderId: string,
  held: HeldKeys,
  now: number,
): Promise<Stored> {
  if (!(await mayWrite(client))) return 'not_allowed';
  const domain = [
    ['sender_id', '=', senderId],
    ['active', '=', true],
  ];
  const [row] = await searchRead(client, MODEL, domain, ['public_key', 'algorithm']);
  if (!row) return 'no_such_sender';
  const choice = keyToStore({ publicKey: text(row.public_key), algorithm: text(row.algorithm) }, held);
  if (choice === 'by_hand' || choice === 'no_storable_key') return choice;
  const values: OdooValues = {
    last_key_fetch: odooDatetime(now),
    ...(choice === 'current' ? {} : { public_key: pemOf(choice), algorithm: choice.algorithm }),
  };
  await write(client, MODEL, [row.id], values);
  return choice === 'current' ? 'current' : 'stored';
}

/**
 * Which key of a set belongs into a row that has one key. A key that is there and is, or was, of the set gives way only
 * once it has left the set; one that never was of it was entered by hand, and is never replaced. The row's algorithm is
 * kept where the set has a key for it.
 */
export function keyToStore(
  row: { publicKey: string | null; algorithm: string | null },
  held: HeldKeys,
): VerificationKey | 'current' | 'by_hand' | 'no_storable_key' {
  const published = held.keys.filter(({ leftAt }) => leftAt === null).map(({ key }) => key);
  const storable = published.filter(({ algorithm }) => STORABLE.includes(algorithm));
  if (row.publicKey !== null) {
    const thumbprint = thumbprintOfPem(row.publicKey);
    if (thumbprint === null || !isOfSet(held, thumbprint)) return 'by_hand';
    const same = storable.find((key) => key.thumbprint === thumbprint);
    if (same) return same.algorithm === row.algorithm ? 'current' : same;
  }
  return storable.find(({ algorithm }) => algorithm === row.algorithm) ?? storable[0] ?? 'no_storable_key';
}

async function mayWrite(client: OdooClient): Promise<boolean> {
  try {
    return (await client.call(MODEL, 'has_access', { ids: [], operation: 'write' })) === true;
  } catch (error) {
    // Odoo before 18 has no such method: better not to write than to fail.
    if (error instanceof OdooError && error.code === 'odoo.unknown_method') return false;
    throw error;
  }
}

function pemOf({ keyObject }: VerificationKey): string {
  return keyObject.export({ type: 'spki', format: 'pem' }).toString();
}

function thumbprintOfPem(pem: string): string | null {
  try {
    return thumbprintOf(createPublicKey(withLineBreaks(pem)));
  } catch {
    return null;
  }
}
