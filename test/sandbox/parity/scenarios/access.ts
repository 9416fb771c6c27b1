import type { CallRequest, Scenario, User } from '../request.ts';

const MODELS = [
  'res.partner',
  'res.users',
  'spp.registry.id',
  'spp.vocabulary',
  'spp.vocabulary.code',
  'spp.id.type',
  'spp.program',
  'spp.program.membership',
  'spp.dci.crvs.event',
  'spp.dci.crvs.sender',
  'spp.dci.data.source',
  'ir.sequence',
  'ir.config_parameter',
];

const OPERATIONS = ['read', 'write', 'create', 'unlink'];

const check = (as: User, model: string, operation: string): CallRequest => ({
  name: `${as}: ${operation} ${model}`,
  as,
  model,
  method: 'has_access',
  args: { operation },
});

const refused = (as: User, model: string, method: string, args: object): CallRequest => ({
  name: `${as}: ${method} ${model}`,
  as,
  model,
  method,
  args,
});

/** Who may do what, and what the others get. */
export const ACCESS: Scenario = {
  name: 'access',
  requests: [
    // Making users is not what the sandbox is for.
    ...MODELS.flatMap((model) =>
      (['bridge', 'clerk', 'admin'] as const).flatMap((as) =>
        OPERATIONS.filter((operation) => model !== 'res.users' || ['read', 'write'].includes(operation)).map(
          (operation) => check(as, model, operation),
        ),
      ),
    ),
    {
      name: 'a registrant',
      model: 'res.partner',
      method: 'create',
      args: { vals_list: [{ name: 'Dee %TAG%' }] },
      keep: 'dee',
    },
    refused('clerk', 'res.partner', 'write', { ids: ['$dee'], vals: { name: 'x' } }),
    refused('clerk', 'res.partner', 'create', { vals_list: [{ name: 'x' }] }),
    refused('clerk', 'spp.registry.id', 'search_read', { domain: [] }),
    refused('clerk', 'spp.registry.id', 'read', { ids: [1] }),
    refused('clerk', 'spp.registry.id', 'fields_get', {
      allfields: ['value'],
      attributes: ['type', 'readonly'],
    }),
    refused('clerk', 'res.partner', 'search_read', { domain: [['reg_ids.value', '=', 'x']], fields: ['id'] }),
    refused('clerk', 'res.partner', 'search_read', {
      domain: [
        ['reg_ids', '=', false],
        ['id', '=', '$dee'],
      ],
      fields: ['id'],
    }),
    refused('clerk', 'res.partner', 'read', { ids: ['$dee'], fields: ['reg_ids'] }),
    refused('clerk', 'spp.program', 'search_count', { domain: [] }),
    refused('bridge', 'spp.dci.crvs.event', 'unlink', { ids: [1] }),
    refused('bridge', 'spp.dci.crvs.event', 'unlink', {}),
    refused('bridge', 'spp.dci.crvs.sender', 'write', { ids: [1], vals: { name: 'x' } }),
    refused('bridge', 'spp.dci.crvs.sender', 'write', { ids: [], vals: { name: 'x' } }),
    refused('bridge', 'spp.dci.crvs.sender', 'create', { vals_list: [{ name: 'x' }] }),
    refused('bridge', 'spp.vocabulary.code', 'create', {
      vals_list: [{ vocabulary_id: 1, code: 'x', display: 'x' }],
    }),
    refused('bridge', 'spp.vocabulary.code', 'create', {
      vals_list: [{ vocabulary_id: 1, code: 'x', display: 'x', is_local: true }],
    }),
    refused('bridge', 'spp.program', 'create', { vals_list: [{ name: 'x' }] }),
    refused('bridge', 'res.partner', 'unlink', { ids: ['$dee'] }),
    refused('bridge', 'spp.registry.id', 'unlink', { ids: [1] }),
    refused('bridge', 'ir.config_parameter', 'search_read', { domain: [] }),
    refused('bridge', 'ir.config_parameter', 'get_param', { key: 'database.uuid' }),
    refused('bridge', 'ir.sequence', 'search_count', { domain: [['code', '=', 'nope']] }),
    refused('bridge', 'ir.sequence', 'next_by_code', { sequence_code: 'nope' }),
    refused('bridge', 'ir.sequence', 'create', { vals_list: [{ name: 'x' }] }),
    refused('admin', 'spp.id.type', 'search_count', { domain: [] }),
    refused('bridge', 'spp.dci.data.source', 'search_read', { domain: [], fields: ['name', 'bearer_token'] }),
    refused('bridge', 'spp.dci.data.source', 'search_count', { domain: [['bearer_token', '!=', false]] }),
    refused('bridge', 'spp.dci.data.source', 'search', { domain: [], order: 'oauth2_client_secret' }),
    refused('bridge', 'spp.dci.data.source', 'fields_get', {
      allfields: ['bearer_token', 'code'],
      attributes: ['type'],
    }),
    refused('clerk', 'res.partner', 'check_access_rights', { operation: 'write', raise_exception: false }),
    refused('clerk', 'res.partner', 'check_access_rights', { operation: 'write' }),
    refused('bridge', 'res.partner', 'check_access_rights', { operation: 'write' }),
    refused('clerk', 'spp.dci.crvs.event', 'create', { vals_list: [{ event_type: 'birth' }] }),
    refused('admin', 'res.partner', 'unlink', { ids: ['$dee'] }),
    refused('admin', 'res.partner', 'unlink', { ids: ['$dee'] }),
  ],
};
