import { apiKeyEnd, DAY_MS, WARNING_DAYS } from '../odoo/api-key-end.ts';
import { type Finding, ok, warning } from './finding.ts';
import type { Answer } from './read/answer.ts';

const NEXT =
  'As an administrator: `setup --new-key` makes the next one; set ODOO_API_KEY and ODOO_API_KEY_EXPIRES to what it writes.';

/**
 * When the API key ends.
 *
 * @param keyEnds the user's live keys
 * @param configured `odoo.api_key_expires`, milliseconds since the epoch; null where that is not set
 */
export function checkApiKey(
  keyEnds: Answer<readonly (number | null)[]>,
  configured: number | null,
  now: number,
): Finding {
  const id = 'connection.api-key';
  const known = keyEnds.ok && keyEnds.value.length > 0 ? keyEnds.value : null;
  const end = apiKeyEnd(known, configured);
  if (end === null) {
    if (known !== null) return ok(id, 'The API key does not end.');
    return {
      ...ok(id, 'Odoo does not say when the API key ends.'),
      fix: 'Set ODOO_API_KEY_EXPIRES to the day, so that the bridge warns before it.',
    };
  }
  const day = dayOf(end);
  const several =
    known !== null && known.length > 1
      ? ` The user has ${known.length} keys; ${configured === null ? 'this is the first that ends' : 'ODOO_API_KEY_EXPIRES says which is in use'}.`
      : '';
  const days = Math.floor((end - now) / DAY_MS);
  if (end <= now) return warning(id, `The API key ended on ${day}, as ODOO_API_KEY_EXPIRES says.`, NEXT);
  if (days < WARNING_DAYS) {
    return warning(id, `The API key ends on ${day}, in ${days} days.${several}`, NEXT);
  }
  if (configured !== null && dayOf(configured) !== day) {
    return warning(
      id,
      `The API key ends on ${day}, and ODOO_API_KEY_EXPIRES says ${dayOf(configured)}.${several}`,
      `Set ODOO_API_KEY_EXPIRES to ${day}.`,
    );
  }
  return ok(id, `The API key lasts until ${day}.${several}`);
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
