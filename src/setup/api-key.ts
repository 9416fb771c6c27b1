import type { OdooClient } from '../odoo/client.ts';
import { create, fieldsGet } from '../odoo/orm.ts';
import { SetupError } from './setup-error.ts';

const WIZARD = 'res.users.apikeys.description';
const IDENTITY = 'res.users.identitycheck';

/**
 * Makes an API key for the user of `client`, in the way in which Odoo's own page does: the wizard asks for the password
 * again, and continues once it has it. No user can make a key for another; so `client` must be logged in, by that
 * password, as the user whom the key is for.
 *
 * The key lasts as long as Odoo lets this user's keys last.
 *
 * @returns the key, and for how many days; null where it does not end
 * @throws {SetupError} where Odoo's wizard works in another way
 */
export async function makeApiKey(
  client: OdooClient,
  password: string,
  name: string,
): Promise<{ key: string; days: number | null }> {
  const days = await longestDuration(client);
  const [wizard] = await create(client, WIZARD, [{ name, duration: String(days ?? 0) }]);
  const asked = await client.call(WIZARD, 'make_key', { ids: [wizard ?? 0] });
  const direct = keyIn(asked);
  if (direct !== null) return { key: direct, days };
  const check = memberOf(asked, 'res_id');
  if (memberOf(asked, 'res_model') !== IDENTITY || typeof check !== 'number') throw unknownWizard();
  const shown = await client.call(IDENTITY, 'run_check', { ids: [check], context: { password } });
  const key = keyIn(shown);
  if (key === null) throw unknownWizard();
  return { key, days };
}

/** Days; null for a key that does not end, which Odoo gives to administrators only. */
async function longestDuration(client: OdooClient): Promise<number | null> {
  const { selection = [] } = (await fieldsGet(client, WIZARD)).get('duration') ?? {};
  const offered = selection.map(([days]) => Number(days));
  if (offered.includes(0)) return null;
  const longest = Math.max(...offered.filter((days) => days > 0));
  if (!Number.isFinite(longest)) throw unknownWizard();
  return longest;
}

function keyIn(action: unknown): string | null {
  const key = memberOf(memberOf(action, 'context'), 'default_key');
  return typeof key === 'string' && key !== '' ? key : null;
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function unknownWizard(): SetupError {
  return new SetupError(
    'this Odoo makes API keys in a way that is not known here: log in as the bridge’s user, make one under Preferences, Security, and set ODOO_API_KEY',
  );
}
