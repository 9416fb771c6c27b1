import { char, date, datetime, many2one, selection } from '../model/field.ts';
import type { ModelDefinition } from '../model/model.ts';
import { hidesDisabled } from './registrant-rules.ts';

/** Who takes part in which program; it delegates to the registrant. */
export function programMembership(partner: ModelDefinition): ModelDefinition {
  return {
    name: 'spp.program.membership',
    description: 'Program Membership',
    inherits: { model: partner, by: 'partner_id' },
    order: 'id desc',
    fields: {
      partner_id: many2one('res.partner', { required: true, ondelete: 'cascade', indexed: true }),
      program_id: many2one('spp.program', { required: true }),
      state: selection(
        [
          ['draft', 'Draft'],
          ['enrolled', 'Enrolled'],
          ['paused', 'Paused'],
          ['exited', 'Exited'],
          ['not_eligible', 'Not Eligible'],
          ['duplicated', 'Duplicated'],
        ],
        { default: 'draft' },
      ),
      enrollment_date: datetime(),
      exit_date: date(),
      exit_reason: char(),
    },
    access: [
      { group: 'officer', operations: ['read', 'write', 'create'] },
      { group: 'administrator', operations: ['read', 'write', 'create', 'unlink'] },
    ],
    rules: [
      hidesDisabled('partner_id', { operations: ['read'] }),
      hidesDisabled('partner_id', {
        group: 'programsOfficer',
        operations: ['read', 'write', 'create', 'unlink'],
      }),
    ],
    unique: [{ fields: ['partner_id', 'program_id'], message: 'Beneficiary must be unique per program.' }],
    // The chatter reads what it keeps track of, some of the registrant's fields among it.
    readsOnWrite: (env) => !env.context.tracking_disable,
  };
}
