import { char, datetime, many2one, selection, text } from '../model/field.ts';
import type { ModelDefinition } from '../model/model.ts';
import type { Environment } from '../orm/environment.ts';

/** What the beneficiary registry (IBR) said of registrants. */
export const duplicationCheck: ModelDefinition = {
  name: 'spp.dci.duplication.check',
  description: 'DCI Duplication Check',
  order: 'check_date desc, id desc',
  fields: {
    partner_id: many2one('res.partner', { required: true, ondelete: 'cascade', indexed: true }),
    identifier_type: char({ required: true }),
    identifier_value: char({ required: true }),
    check_date: datetime({ required: true, default: (env: Environment) => env.now() }),
    result: selection(
      [
        ['no_match', 'No Match'],
        ['possible_match', 'Possible Match'],
        ['confirmed_match', 'Confirmed Match'],
      ],
      { required: true },
    ),
    matched_programs: text(),
    raw_response: text(),
    state: selection(
      [
        ['ready', 'Ready'],
        ['checking', 'Checking'],
        ['completed', 'Completed'],
        ['failed', 'Failed'],
      ],
      { required: true, default: 'ready' },
    ),
    data_source_id: many2one('spp.dci.data.source'),
    error_message: text(),
    notes: text(),
  },
  access: [
    { group: 'officer', operations: ['read', 'write', 'create'] },
    { group: 'administrator', operations: ['read', 'write', 'create', 'unlink'] },
  ],
};
