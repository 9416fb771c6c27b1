import type { Scenario } from '../request.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const DB = { 'x-odoo-database': '%DB%' };
const KEY = { authorization: 'bearer %KEY%' };
const PATH = '/json/2/spp.dci.crvs.event/search_count';

/** The addresses, and what is wrong before a method is even looked at. */
export const HTTP: Scenario = {
  name: 'HTTP',
  requests: [
    { name: 'version', verb: 'GET', path: '/web/version' },
    { name: 'version, by the other address', verb: 'GET', path: '/json/version', headers: DB },
    {
      name: 'version of the web client',
      verb: 'POST',
      path: '/web/webclient/version_info',
      headers: JSON_TYPE,
      body: '{}',
    },
    { name: 'health', verb: 'GET', path: '/web/health' },
    {
      name: 'JSON-2: no arguments',
      verb: 'POST',
      path: '/json/2/res.users/context_get',
      headers: { ...JSON_TYPE, ...DB, ...KEY },
      body: '',
    },
    { name: 'JSON-2: no database', verb: 'POST', path: PATH, headers: { ...JSON_TYPE, ...KEY }, body: '{}' },
    {
      name: 'JSON-2: another database',
      verb: 'POST',
      path: PATH,
      headers: { ...JSON_TYPE, ...KEY, 'x-odoo-database': 'nope' },
      body: '{}',
    },
    { name: 'JSON-2: no key', verb: 'POST', path: PATH, headers: { ...JSON_TYPE, ...DB }, body: '{}' },
    {
      name: 'JSON-2: wrong key',
      verb: 'POST',
      path: PATH,
      headers: { ...JSON_TYPE, ...DB, authorization: 'bearer 0000' },
      body: '{}',
    },
    {
      name: 'JSON-2: password as key',
      verb: 'POST',
      path: PATH,
      headers: { ...JSON_TYPE, ...DB, authorization: 'bearer %PASSWORD%' },
      body: '{}',
    },
    {
      name: 'JSON-2: not bearer',
      verb: 'POST',
      path: PATH,
      headers: { ...JSON_TYPE, ...DB, authorization: 'Basic eDp5' },
      body: '{}',
    },
    {
      name: 'JSON-2: a form',
      verb: 'POST',
      path: PATH,
      headers: { ...DB, ...KEY, 'content-type': 'application/x-www-form-urlencoded' },
      body: '{"domain": []}',
    },
    {
      name: 'JSON-2: text',
      verb: 'POST',
      path: PATH,
      headers: { ...DB, ...KEY, 'content-type': 'text/plain' },
      body: '{"domain": []}',
    },
    {
      name: 'JSON-2: not JSON',
      verb: 'POST',
      path: PATH,
      headers: { ...JSON_TYPE, ...DB, ...KEY },
      body: '{"domain":',
    },
    {
      name: 'JSON-2: a list',
      verb: 'POST',
      path: PATH,
      headers: { ...JSON_TYPE, ...DB, ...KEY },
      body: '[]',
    },
    {
      name: 'JSON-2: a lone surrogate',
      verb: 'POST',
      path: '/json/2/spp.dci.crvs.event/create',
      headers: { ...JSON_TYPE, ...DB, ...KEY },
      body: '{"vals_list":[{"event_type":"birth","identifier_value":"N\\ud800A"}]}',
    },
    { name: 'JSON-2: GET', verb: 'GET', path: PATH, headers: { ...DB, ...KEY } },
    { name: 'JSON-2: no model', verb: 'GET', path: '/json/2', headers: DB },
    {
      name: 'JSON-2: no method',
      verb: 'POST',
      path: '/json/2/res.partner',
      headers: { ...JSON_TYPE, ...DB, ...KEY },
      body: '{}',
    },
    {
      name: 'a page for people',
      verb: 'POST',
      path: '/json/3/x',
      headers: { ...JSON_TYPE, ...DB },
      body: '{}',
    },
    { name: 'no such page', verb: 'POST', path: '/nope', headers: JSON_TYPE, body: '{}' },
    { name: 'JSON-RPC: not JSON', verb: 'POST', path: '/jsonrpc', headers: JSON_TYPE, body: '{bad' },
    { name: 'JSON-RPC: a list', verb: 'POST', path: '/jsonrpc', headers: JSON_TYPE, body: '[]' },
    {
      name: 'JSON-RPC: no parameters',
      verb: 'POST',
      path: '/jsonrpc',
      headers: JSON_TYPE,
      body: '{"jsonrpc":"2.0","params":{}}',
    },
    {
      name: 'JSON-RPC: one parameter',
      verb: 'POST',
      path: '/jsonrpc',
      headers: JSON_TYPE,
      body: '{"jsonrpc":"2.0","id":3,"params":{"service":"common"}}',
    },
    {
      name: 'JSON-RPC: text',
      verb: 'POST',
      path: '/jsonrpc',
      headers: { 'content-type': 'text/plain' },
      body: '{}',
    },
    { name: 'XML-RPC: GET', verb: 'GET', path: '/xmlrpc/2/common' },
    {
      name: 'XML-RPC: version',
      verb: 'POST',
      path: '/xmlrpc/2/common',
      headers: { 'content-type': 'text/xml' },
      body: '<?xml version="1.0"?>\n<methodCall>\n<methodName>version</methodName>\n<params>\n</params>\n</methodCall>\n',
    },
  ],
};
