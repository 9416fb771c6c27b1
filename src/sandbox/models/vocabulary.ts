import { boolean, char } from '../model/field.ts';
import type { ModelDefinition } from '../model/types.ts';

/** The code lists. */
export const vocabulary: ModelDefinition = {
  name: 'spp.vocabulary',
  description: 'Vocabulary',
  fields: {
    name: char({ required: true }),
    namespace_uri: char({ required: true, indexed: true }),
    is_system: boolean(),
  },
  access: [
    { group: 'user', operations: ['read'] },
    { group: 'administrator', operations: ['read', 'write', 'create', 'unlink'] },
  ],
};
