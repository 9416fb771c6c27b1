import type { CallRequest, Scenario } from '../request.ts';

const EVENT = 'spp.dci.crvs.event';

const odd = (method: string, args: object, model = EVENT): CallRequest => ({
  name: `${method} ${JSON.stringify(args)}`,
  model,
  method,
  args,
});

/** Arguments of the wrong type. */
export const ODD_ARGUMENTS: Scenario = {
  name: 'odd arguments',
  requests: [
    {
      name: 'an event',
      model: EVENT,
      method: 'create',
      args: { vals_list: [{ event_type: 'birth', name: '%TAG%' }] },
      keep: 'e',
    },
    odd('write', { ids: ['$e'], vals: null }),
    odd('write', { ids: ['$e'], vals: [] }),
    odd('write', { ids: ['$e'], vals: {} }),
    odd('write', { ids: '$e', vals: { notes: 'x' } }),
    odd('create', { vals_list: [null] }),
    odd('create', { vals_list: 'x' }),
    odd('create', { vals_list: null }),
    odd('create', { vals_list: [['a']] }),
    odd('read', { ids: '$e', fields: ['name'] }),
    odd('read', { ids: ['$e'], fields: 'name' }),
    odd('read', { ids: ['$e'], fields: [] }),
    odd('search', { domain: [['id', '=', 'abc']] }),
    odd('search', { domain: [['name', '=', '%TAG%']], limit: '1' }),
    odd('search', { domain: [['name', '=', '%TAG%']], limit: -1 }),
    odd('search', { domain: [['name', '=', '%TAG%']], offset: -1 }),
    odd('search', { domain: [['name', '=', '%TAG%']], order: 5 }),
    odd('search', { domain: [['name', '=', '%TAG%']], context: null }),
    odd('search_read', { domain: [['name', '=', '%TAG%']], fields: ['person_id.name'] }),
    odd('search_read', { domain: [['id', '=', 5]] }, 'res.partner'),
    odd('read', { ids: [6] }, 'res.partner'),
  ],
};
