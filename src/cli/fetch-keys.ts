import { odooClient } from '../composition/odoo.ts';
import type { OdooClient } from '../odoo/client.ts';
import { OdooError } from '../odoo/errors.ts';
import { type Stored, storeKey } from '../senders/odoo-keys.ts';
import { readSenders } from '../senders/odoo-senders.ts';
import type { Admin } from './admin-user.ts';
import { CommandError } from './command-error.ts';
import { printJson, printText } from './output.ts';
import { follow, type SenderTools } from './sender-tools.ts';

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
  tools: SenderTools,
  id: string | null,
  admin: Admin | null,
  json: boolean,
): Promise<number> {
  const { sets, failures } = tools;
  const rows = await readSenders(tools.client);
  follow(sets, rows);
  const wanted = rows.filter((row) => (id === null ? row.jwksUrl !== null : row.senderId === id));
  if (id !== null && wanted[0]?.jwksUrl == null) {
    throw wanted[0]
      ? new CommandError('sender.no_jwks_url', 'this sender has no JWKS URL in OpenSPP')
      : new CommandError('sender.unknown', 'there is no active sender with this sender_id');
  }
  const client = admin === null ? tools.client : odooClient(tools.settings, { ...tools.access, ...admin });
  const results: Fetched[] = [];
  for (const { senderId } of wanted) {
    await sets.fetch(senderId);
    results.push(await stored(tools, client, senderId));
  }
  await sets.kept();
  if (json) printJson(results);
  else if (results.length === 0) printText('no sender has a JWKS URL');
  else for (const result of results) printText(sentenceOf(result, failures));
  return results.every((result) => hasSucceeded(result, admin !== null)) ? 0 : 1;
}

async function stored({ sets }: SenderTools, client: OdooClient, senderId: string): Promise<Fetched> {
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

function hasSucceeded({ keys, stored }: Fetched, wasGivenAdmin: boolean): boolean {
  if (keys === null) return false;
  return !wasGivenAdmin || (stored !== null && stored !== 'not_allowed' && Object.hasOwn(STORED, stored));
}
