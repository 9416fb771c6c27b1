import type { Settings } from './schema.ts';

/** When the API key for Odoo ends as far as the settings say: the start of that day, milliseconds since the epoch. */
export function configuredKeyEnd({ odoo }: Pick<Settings, 'odoo'>): number | null {
  return odoo.api_key_expires === null ? null : Date.parse(odoo.api_key_expires);
}
