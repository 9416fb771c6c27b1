import { char, date, datetime, many2one, selection } from '../model/field.ts';
import type { ModelDefinition } from '../model/model.ts';

/** Who takes part in which program. */
export const programMembership: ModelDefinition = {
  name: 'spp.program.membership',
  description: 'Program Membership',
  order: 'id desc',
  fields: {
    partner_id: many2one('res.partner', { required: true, indexed: true }),
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
  unique: [{ fields: ['partner_id', 'program_id'], message: 'Beneficiary must be unique per program' }],
};
