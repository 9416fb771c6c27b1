import { char } from '../model/field.ts';
import type { ModelDefinition } from '../model/types.ts';

/** The models of the deployment, for users who make fields of them. */
export const irModel: ModelDefinition = {
  name: 'ir.model',
  description: 'Models',
  order: 'model',
  fields: {
    name: char({ string: 'Model Description', required: true }),
    model: char({ required: true, indexed: true }),
  },
  access: [{ group: 'accessRights', operations: ['read'] }],
};
