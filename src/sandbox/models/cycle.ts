import { char, date, integer, many2one, selection } from '../model/field.ts';
import type { ModelDefinition } from '../model/model.ts';
import type { Environment } from '../orm/environment.ts';
import { hidesDisabled } from './registrant-rules.ts';

/** The payment rounds of programs. */
export const cycle: ModelDefinition = {
  name: 'spp.cycle',
  description: 'Cycle',
  order: 'sequence asc',
  fields: {
    name: char({ required: true }),
    company_id: many2one('res.company', { default: (env: Environment) => env.company }),
    program_id: many2one('spp.program', { required: true }),
    sequence: integer({ default: 1 }),
    start_date: date({ required: true }),
    end_date: date({ required: true }),
    state: selection(
      [
        ['draft', 'Draft'],
        ['to_approve', 'To Approve'],
        ['approved', 'Approved'],
        ['distributed', 'Distributed'],
        ['cancelled', 'Canceled'],
        ['ended', 'Ended'],
      ],
      { default: 'draft' },
    ),
  },
  access: [
    { group: 'officer', operations: ['read'] },
    { group: 'administrator', operations: ['read', 'write', 'create', 'unlink'] },
  ],
};

/** Who takes part in which round. */
export const cycleMembership: ModelDefinition = {
  name: 'spp.cycle.membership',
  description: 'Cycle Membership',
  order: 'partner_id asc, id desc',
  fields: {
    partner_id: many2one('res.partner', { required: true, indexed: true }),
    cycle_id: many2one('spp.cycle', { required: true, indexed: true }),
    enrollment_date: date({ default: (env: Environment) => env.today() }),
    state: selection(
      [
        ['draft', 'Draft'],
        ['enrolled', 'Enrolled'],
        ['paused', 'Paused'],
        ['exited', 'Exited'],
        ['not_eligible', 'Not Eligible'],
        ['non_compliant', 'Non-Compliant'],
      ],
      { default: 'draft' },
    ),
  },
  access: [
    { group: 'officer', operations: ['read', 'write', 'create'] },
    { group: 'administrator', operations: ['read', 'write', 'create', 'unlink'] },
  ],
  rules: [hidesDisabled('partner_id', { operations: ['read'] })],
};

/** What a registrant is to get in a round. */
export const entitlement: ModelDefinition = {
  name: 'spp.entitlement',
  description: 'Entitlement',
  fields: {
    partner_id: many2one('res.partner', { required: true, indexed: true }),
    cycle_id: many2one('spp.cycle', { required: true, indexed: true }),
    state: selection(
      [
        ['draft', 'Draft'],
        ['pending_validation', 'Pending Validation'],
        ['approved', 'Approved'],
        ['cancelled', 'Cancelled'],
        ['rejected', 'Rejected'],
      ],
      { default: 'draft' },
    ),
  },
  access: [
    { group: 'officer', operations: ['read'] },
    { group: 'administrator', operations: ['read', 'write', 'create', 'unlink'] },
  ],
};
