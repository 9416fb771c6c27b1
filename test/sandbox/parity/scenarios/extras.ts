import type { Scenario } from '../request.ts';

const EVENT = 'spp.dci.crvs.event';

/** What other modules add: fields, an ID type with a format, a sequence. */
export const EXTRAS: Scenario = {
  name: 'extras',
  requests: [
    { name: 'the fields', model: 'res.partner', method: 'fields_get', args: { allfields: ['death_date'] } },
    {
      name: 'the fields of the event',
      model: EVENT,
      method: 'fields_get',
      args: { allfields: ['cause_of_death'] },
    },
    {
      name: 'the type',
      model: 'spp.vocabulary.code',
      method: 'search_read',
      args: {
        domain: [['code', '=', 'brn']],
        fields: ['code', 'display', 'id_validation', 'target_type', 'uri'],
      },
      keep: 'brn',
    },
    {
      name: 'the sequence',
      model: 'ir.sequence',
      method: 'search_count',
      args: { domain: [['code', '=like', 'spp.dci.crvs.event%']] },
    },
    {
      name: 'events',
      model: EVENT,
      method: 'create',
      args: {
        vals_list: [
          { event_type: 'death', cause_of_death: 'x' },
          { event_type: 'birth' },
          { event_type: 'death', name: 'New' },
          { event_type: 'death', name: 'Own' },
        ],
      },
      keep: 'e',
    },
    {
      name: 'their names',
      model: EVENT,
      method: 'read',
      args: { ids: '$e', fields: ['name', 'cause_of_death'] },
    },
    {
      name: 'a registrant',
      model: 'res.partner',
      method: 'create',
      args: { vals_list: [{ name: 'Ida %TAG%', death_date: '2999-01-01' }] },
      keep: 'ida',
    },
    {
      name: 'the registrant',
      model: 'res.partner',
      method: 'read',
      args: { ids: ['$ida'], fields: ['death_date'] },
    },
    {
      name: 'a bad number',
      model: 'spp.registry.id',
      method: 'create',
      args: { vals_list: [{ partner_id: '$ida', id_type_id: '$brn', value: 'a b' }] },
    },
    {
      name: 'a good number',
      model: 'spp.registry.id',
      method: 'create',
      args: { vals_list: [{ partner_id: '$ida', id_type_id: '$brn', value: 'AB-1' }] },
    },
  ],
};
