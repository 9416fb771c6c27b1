import type { PageSettings } from '../page/page.ts';
import type { Settings } from './schema.ts';

/** The settings for the operator's page in the form that it asks for: milliseconds. */
export function pageSettings({ page, server, odoo, signature }: Settings): PageSettings {
  return {
    adminToken: server.admin_token,
    sessionMs: page.session_seconds * 1000,
    timeZone: page.time_zone,
    odooUrl: odoo.public_url ?? odoo.url,
    receiver: server.role === 'receiver',
    allowUnsigned: signature.allow_unsigned,
  };
}
