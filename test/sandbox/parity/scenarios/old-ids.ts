import type { Scenario } from '../request.ts';
import { by, look, make } from './by.ts';

const ID = 'spp.registry.id';

/** Registry IDs before spp_registry 19.0.2.2.2: whatever its status, an ID takes its type. */
export const OLD_IDS: Scenario = {
  name: 'old IDs',
  requests: [
    make('bridge', 'ida', 'res.partner', { name: 'Ida %TAG%', is_registrant: true }),
    make('bridge', 'old', ID, { partner_id: '$ida', id_type_id: 1, value: 'A', status: 'invalid' }),
    by('bridge', 'a second', ID, 'create', {
      vals_list: [{ partner_id: '$ida', id_type_id: 1, value: 'B' }],
    }),
    by('bridge', 'a second invalid one', ID, 'create', {
      vals_list: [{ partner_id: '$ida', id_type_id: 1, value: 'B', status: 'invalid' }],
    }),
    by('bridge', 'load a second', ID, 'load', {
      fields: ['partner_id/.id', 'id_type_id/.id', 'value', 'status'],
      data: [['$ida', '1', 'B', 'invalid']],
    }),
    by('bridge', 'back to life', ID, 'write', { ids: ['$old'], vals: { value: 'B', status: 'valid' } }),
    look('bridge', 'the ID', ID, ['$old'], 'value', 'status'),
    by('bridge', 'a second live one', ID, 'create', {
      vals_list: [{ partner_id: '$ida', id_type_id: 1, value: 'C' }],
    }),
  ],
};
