import { many2one } from '../model/field.ts';
import type { ModelDefinition } from '../model/types.ts';

/**
 * Odoo's own calls. They matter for one thing: contacts have a field of them that only administrators may read, so
 * nobody else can read a contact without naming the fields.
 */
export const rtcSession: ModelDefinition = {
  name: 'discuss.channel.rtc.session',
  description: 'Mail RTC session',
  fields: { partner_id: many2one('res.partner', { indexed: true }) },
  access: [{ group: 'administrator', operations: ['read', 'write', 'create', 'unlink'] }],
};
