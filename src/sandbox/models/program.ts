import { char, many2one, selection } from '../model/field.ts';
import type { ModelDefinition } from '../model/model.ts';
import { OF_THE_CALLERS_COMPANIES } from './registrant-rules.ts';

/** The social protection programs. A registry officer sees their names only, where a membership points at them. */
export const program: ModelDefinition = {
  name: 'spp.program',
  description: 'Program',
  fields: {
    name: char({ required: true }),
    company_id: many2one('res.company'),
    target_type: selection(
      [
        ['group', 'Group'],
        ['individual', 'Individual'],
      ],
      { default: 'group' },
    ),
  },
  access: [
    { group: 'programsOfficer', operations: ['read', 'write', 'create'] },
    { group: 'administrator', operations: ['read', 'write', 'create', 'unlink'] },
  ],
  rules: [OF_THE_CALLERS_COMPANIES],
};
