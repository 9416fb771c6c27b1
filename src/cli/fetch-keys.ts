import { odooClient } from '../composition/odoo.ts';
import type { OdooClient } from '../odoo/client.ts';
import { OdooError } from '../odoo/errors.ts';
import { type Stored, storeKey } from '../senders/odoo-keys.ts';
import { readSenders } from '../senders/odoo-senders.ts';
import type { Admin } from './admin-user.ts';
import { type Desk, follow } from './sender-desk.ts';

/** How fetching one sender's keys ended. */
interface Fetched {
  senderId: string;
  /** How many keys are published that can verify; null where they could not be fetched. */
  keys: number | null;
  /** Such as `jwks.timeout`; null where they were fetched. */
  problem: string | null;
  /** How storing one in OpenSPP ended, or the code of Odoo's error; null where none was fetched. */
  stored: Stored | OdooError['code'] | null;
}

const STORED: Readonly<Record<Stored, string>> = {
  stored: 'stored in OpenSPP',
  current: 'OpenSPP has the key already',
  by_hand: 'OpenSPP has a key that was entered by hand, which is left alone',
  no_storable_key: 'none is of a kind that OpenSPP can hold',
  not_allowed: 'not stored in OpenSPP, since the user may not change senders',
  no_such_sender: 'not stored, since the sender is gone',
};

/**
 * Fetches the keys of the senders with a JWKS URL, keeps them, and stores a key in OpenSPP where the user may.
 *
 * @param id of the only sender wanted; null for all
 * @param admin the user to write with; null for the bridge's
 * @returns the exit code
 */
export async function fetchKeys(
  desk: Desk,
  id: string | null,
  admin: Admin | null,
  json: boolean,
): Promise<number> {
  const { sets, failures } = desk;
  const rows = await readSenders(desk.client);
  follow(sets, rows);
  const wanted = rows.filter((row) => (id === null ? row.jwksUrl !== null : row.senderId === id));
  if (id !== null && wanted[0]?.jwksUrl == null) {
    process.stderr.write(
      wanted[0]
        ? 'this sender has no JWKS URL in OpenSPP\n'
        : 'there is no active sender with this sender_id\n',
    );
    return 1;
  }
  const client = admin === null ? desk.client : odooClient(desk.settings, { ...desk.access, ...admin });
  const results: Fetched[] = [];
  for (const { senderId } of wanted) {
    await sets.fetch(senderId);
    results.push(await stored(desk, client, senderId));
  }
  await sets.kept();
  if (json) process.stdout.write(`${JSON.stringify(results)}\n`);
  else if (results.length === 0) process.stdout.write('no sender has a JWKS URL\n');
  else for (const result of results) process.stdout.write(`${sentenceOf(result, failures)}\n`);
  return results.every((result) => isWell(result, admin !== null)) ? 0 : 1;
}

async function stored({ sets }: Desk, client: OdooClient, senderId: string): Promise<Fetched> {
  const state = sets.of(senderId)?.state;
  if (!state || state.problem !== null) {
    return { senderId, keys: null, problem: state?.problem ?? null, stored: null };
  }
  const keys = state.keys.filter(({ leftAt }) => leftAt === null).length;
  try {
    return { senderId, keys, problem: null, stored: await storeKey(client, senderId, state, Date.now()) };
  } catch (error) {
    if (!(error instanceof OdooError)) throw error;
    return { senderId, keys, problem: null, stored: error.code };
  }
}

function sentenceOf({ senderId, keys, problem, stored }: Fetched, failures: Map<string, string>): string {
  if (keys === null)
    return `${senderId}: not fetched, ${problem}: ${failures.get(senderId) ?? 'no reason is known'}`;
  const storing = stored !== null && Object.hasOwn(STORED, stored) ? STORED[stored as Stored] : stored;
  return `${senderId}: ${keys} ${keys === 1 ? 'key' : 'keys'} fetched; ${storing}`;
}

function isWell({ keys, stored }: Fetched, wasGivenAdmin: boolean): boolean {
  if (keys === null) return false;
  return !wasGivenAdmin || (stored !== null && stored !== 'not_allowed' && Object.hasOwn(STORED, stored));
}
