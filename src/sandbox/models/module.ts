import { char, selection } from '../model/field.ts';
import type { ModelDefinition } from '../model/types.ts';

/** The modules of the installation. */
export const module: ModelDefinition = {
  name: 'ir.module.module',
  description: 'Module',
  order: 'name',
  fields: {
    name: char({ string: 'Technical Name', required: true, readonly: true }),
    latest_version: char({ string: 'Installed Version', readonly: true }),
    state: selection(
      [
        ['uninstallable', 'Uninstallable'],
        ['uninstalled', 'Not Installed'],
        ['installed', 'Installed'],
      ],
      { string: 'Status', readonly: true },
    ),
  },
  access: [
    { group: 'user', operations: ['read'] },
    { group: 'administrator', operations: ['read'] },
  ],
};
