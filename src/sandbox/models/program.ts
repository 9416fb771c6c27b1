import { char } from '../model/field.ts';
import type { ModelDefinition } from '../model/model.ts';

/** The social protection programs. */
export const program: ModelDefinition = {
  name: 'spp.program',
  description: 'Program',
  fields: { name: char({ required: true }) },
  access: [
    { group: 'officer', operations: ['read'] },
    { group: 'administrator', operations: ['read', 'write', 'create', 'unlink'] },
  ],
};
