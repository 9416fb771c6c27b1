import { char } from '../model/field.ts';
import type { ModelDefinition } from '../model/types.ts';

/** A model of old that nothing points at any more, and that has no `code`. */
export const idType: ModelDefinition = {
  name: 'spp.id.type',
  description: 'ID Type',
  fields: { name: char(), id_validation: char(), namespace_uri: char() },
  access: [{ group: 'officer', operations: ['read', 'write', 'create'] }],
};
