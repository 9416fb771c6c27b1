import { boolean, char, many2one, selection } from '../model/field.ts';
import type { ModelDefinition } from '../model/model.ts';

/** Who has to approve a change. */
export const approvalDefinition: ModelDefinition = {
  name: 'spp.approval.definition',
  description: 'Approval Definition',
  fields: { name: char({ required: true }) },
  access: [
    { group: 'requestUser', operations: ['read'] },
    { group: 'requestManager', operations: ['read', 'write', 'create', 'unlink'] },
  ],
};

/** What can be asked for. */
export const changeRequestType: ModelDefinition = {
  name: 'spp.change.request.type',
  description: 'Change Request Type',
  fields: {
    name: char({ required: true }),
    code: char({ required: true, indexed: true }),
    active: boolean({ default: true }),
    target_type: selection([
      ['individual', 'Individual'],
      ['group', 'Group'],
      ['both', 'Both'],
    ]),
    detail_model: char({ required: true }),
    approval_definition_id: many2one('spp.approval.definition'),
    auto_apply_on_approve: boolean({ default: true }),
  },
  access: [
    { group: 'requestUser', operations: ['read'] },
    { group: 'requestManager', operations: ['read', 'write', 'create', 'unlink'] },
  ],
};
