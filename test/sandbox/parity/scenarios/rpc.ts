import type { CallRequest, ParityRequest, Scenario } from '../request.ts';

const EVENT = 'spp.dci.crvs.event';
const KEY = {
  event_type: 'death',
  identifier_type: 'national_id',
  identifier_value: '%TAG%',
  event_date: '2024-01-01',
};

/** The same calls over each of the older protocols. */
function calls(via: 'jsonrpc' | 'xmlrpc' | 'xmlrpc1'): CallRequest[] {
  const value = `%TAG%${via}`;
  const call = (
    name: string,
    model: string,
    method: string,
    args: unknown,
    more: object = {},
  ): CallRequest => ({
    name: `${via}: ${name}`,
    model,
    method,
    args,
    via,
    ...more,
  });
  return [
    call('create a list', EVENT, 'create', [[{ ...KEY, identifier_value: value }]]),
    call('create one', EVENT, 'create', [{ event_type: 'birth', notes: value }]),
    call('create a duplicate', EVENT, 'create', [[{ ...KEY, identifier_value: value }]]),
    call('create an unknown type', EVENT, 'create', [[{ event_type: 'x' }]]),
    call('create in the future', EVENT, 'create', [[{ ...KEY, event_date: '2999-01-01' }]]),
    call('create with an unknown field', EVENT, 'create', [[{ nope: 1 }]]),
    call('create nothing', EVENT, 'create', [[{}]]),
    call('create without arguments', EVENT, 'create', []),
    call('create by keywords', EVENT, 'create', [], { keywords: { vals_list: [{ event_type: 'birth' }] } }),
    call('write', EVENT, 'write', [[99999999], { state: 'processing' }]),
    call('write one that is gone', EVENT, 'write', [[99999999], { event_date: '2024-01-01' }]),
    call('write without values', EVENT, 'write', [[1]]),
    call('write without arguments', EVENT, 'write', []),
    call('write with too many', EVENT, 'write', [[1], {}, 1]),
    call('unknown model', 'spp.nope', 'search_read', [[]]),
    call('unknown method', EVENT, 'frobnicate', []),
    call('private method', EVENT, '_check_event_date', [[1]]),
    call('unknown keyword', EVENT, 'search_read', [[]], { keywords: { nope: 1 } }),
    call('unknown keyword of search', EVENT, 'search', [[]], { keywords: { nope: 1 } }),
    call('search without a domain', EVENT, 'search', []),
    call('search by keywords', EVENT, 'search', [], {
      keywords: { domain: [['notes', '=', value]], limit: 5 },
    }),
    call('a domain twice', EVENT, 'search', [[]], { keywords: { domain: [] } }),
    call('count', EVENT, 'search_count', [[['notes', '=', value]]]),
    call('count, with null', EVENT, 'search_count', [
      [
        ['notes', '=', value],
        ['person_id', '=', null],
      ],
    ]),
    call('search_read', EVENT, 'search_read', [
      [['notes', '=', value]],
      ['event_type', 'person_id', 'active', 'notes', 'name'],
    ]),
    call('fields_get', EVENT, 'fields_get', [['state', 'active']], {
      keywords: { attributes: ['type', 'selection', 'required'] },
    }),
    call('read with text that needs escaping', 'res.partner', 'name_search', ['<&"\'> ]]>']),
    call('has_access', 'res.partner', 'has_access', [[], 'write']),
    call('check_access_rights', 'res.partner', 'check_access_rights', ['write'], {
      keywords: { raise_exception: false },
    }),
    call('context_get', 'res.users', 'context_get', []),
    call('no rights', 'res.partner', 'write', [[1], { name: 'x' }], { as: 'clerk' }),
    call('a language in the context', 'res.partner', 'search_count', [[['id', '=', 0]]], {
      keywords: { context: { lang: 'en_US' } },
    }),
  ];
}

/** Logging in, and what goes wrong before a model is looked at. */
function services(via: 'jsonrpc' | 'xmlrpc'): ParityRequest[] {
  const call = (name: string, service: string, method: string, args: unknown[]): ParityRequest => ({
    name: `${via}: ${name}`,
    service,
    method,
    args,
    via,
  });
  const count = [EVENT, 'search_count', [[['id', '=', 0]]], {}];
  return [
    call('version', 'common', 'version', []),
    call('authenticate', 'common', 'authenticate', ['%DB%', '%LOGIN%', '%PASSWORD%', {}]),
    call('authenticate by key', 'common', 'authenticate', ['%DB%', '%LOGIN%', '%KEY%', {}]),
    call('authenticate, wrong password', 'common', 'authenticate', ['%DB%', '%LOGIN%', 'nope', {}]),
    call('authenticate, nobody', 'common', 'authenticate', ['%DB%', 'nobody', 'nope', {}]),
    call('authenticate, another database', 'common', 'authenticate', ['nope', '%LOGIN%', 'nope', {}]),
    call('login', 'common', 'login', ['%DB%', '%LOGIN%', '%KEY%']),
    call('unknown method of common', 'common', 'nope', []),
    call('unknown service', 'nope', 'x', []),
    call('by password', 'object', 'execute_kw', ['%DB%', 5, '%PASSWORD%', ...count]),
    call('by key', 'object', 'execute_kw', ['%DB%', 5, '%KEY%', ...count]),
    call('wrong password', 'object', 'execute_kw', ['%DB%', 5, 'nope', ...count]),
    call('empty password', 'object', 'execute_kw', ['%DB%', 5, '', ...count]),
    call('the uid of somebody else', 'object', 'execute_kw', ['%DB%', 6, '%KEY%', ...count]),
    call('uid false', 'object', 'execute_kw', ['%DB%', false, '%KEY%', ...count]),
    call('a uid that is gone', 'object', 'execute_kw', ['%DB%', 99999999, '%KEY%', ...count]),
    call('another database', 'object', 'execute_kw', ['nope', 5, '%KEY%', ...count]),
    call('no keywords', 'object', 'execute_kw', [
      '%DB%',
      5,
      '%KEY%',
      EVENT,
      'search_count',
      [[['id', '=', 0]]],
    ]),
    call('execute', 'object', 'execute', ['%DB%', 5, '%KEY%', EVENT, 'search_count', [['id', '=', 0]]]),
    call('too few arguments', 'object', 'execute_kw', ['%DB%', 5]),
    call('unknown method of object', 'object', 'nope', ['%DB%', 5, '%KEY%', ...count]),
  ];
}

/** JSON-RPC and XML-RPC, the latter in its two fault styles. */
export const RPC: Scenario = {
  name: 'JSON-RPC and XML-RPC',
  requests: [
    ...services('jsonrpc'),
    ...services('xmlrpc'),
    ...calls('jsonrpc'),
    ...calls('xmlrpc'),
    ...calls('xmlrpc1'),
    {
      name: 'somebody to archive',
      model: 'res.partner',
      method: 'create',
      args: { vals_list: [{ name: 'Hal %TAG%' }] },
      keep: 'hal',
    },
    {
      name: 'None over JSON-RPC',
      model: 'res.partner',
      method: 'check_access_rule',
      via: 'jsonrpc',
      args: [['$hal'], 'write'],
    },
    {
      name: 'None over XML-RPC',
      model: 'res.partner',
      method: 'action_archive',
      via: 'xmlrpc',
      args: [['$hal']],
    },
    {
      name: 'is done anyway',
      model: 'res.partner',
      method: 'read',
      args: { ids: ['$hal'], fields: ['active'] },
    },
  ],
};
