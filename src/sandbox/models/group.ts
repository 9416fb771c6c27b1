import { char } from '../model/field.ts';
import type { ModelDefinition } from '../model/types.ts';

/** The groups that users belong to. */
export const group: ModelDefinition = {
  name: 'res.groups',
  description: 'Access Groups',
  order: 'name, id',
  fields: { name: char({ required: true }) },
  access: [{ group: 'accessRights', operations: ['read'] }],
};
