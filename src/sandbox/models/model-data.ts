import { char, integer } from '../model/field.ts';
import type { ModelDefinition } from '../model/types.ts';

/** The external ids of records, of which the sandbox has those of the groups. */
export const modelData: ModelDefinition = {
  name: 'ir.model.data',
  description: 'Model Data',
  order: 'module, model, name',
  fields: {
    module: char({ required: true }),
    name: char({ required: true }),
    model: char({ required: true }),
    res_id: integer(),
  },
  access: [{ group: 'administrator', operations: ['read', 'write', 'create', 'unlink'] }],
};
