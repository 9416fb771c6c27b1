import { expect, test } from 'vitest';
import { connectOdoo } from '../../src/odoo/connect.ts';
import { serve } from '../server.ts';
import { ANSWERS, calls, json, SETTINGS, serveOdoo } from './fake-server.ts';

const { result } = ANSWERS.jsonrpc;
const PROTOCOL = { ...SETTINGS, protocol: 'jsonrpc' as const };
const CONTEXT = { lang: 'en_US', tz: 'UTC' };

const args = (request: { body: string } | undefined) => JSON.parse(request?.body ?? '{}').params;

test('logs in with the password, or with the API key where there is none', async () => {
  const { url, seen } = await serve(result(5));
  expect(await connectOdoo({ ...PROTOCOL, url }).uid()).toBe(5);
  expect(await connectOdoo({ ...PROTOCOL, url, password: undefined }).uid()).toBe(5);
  expect(seen.map(args)).toEqual(
    ['password-of-robot', 'key-of-robot'].map((secret) => ({
      service: 'common',
      method: 'authenticate',
      args: ['testdb', 'robot', secret, {}],
    })),
  );
});

test.each([
  ['ids first, all else by keyword', 'write', { ids: [1], vals: { x: 1 } }, [[1]], { vals: { x: 1 } }],
  ['no ids, nothing by position', 'search_count', { domain: [] }, [], { domain: [] }],
  ['no records, said so', 'has_access', { ids: [], operation: 'write' }, [[]], { operation: 'write' }],
  ['create, its values by position', 'create', { vals_list: [{ x: 1 }] }, [[{ x: 1 }]], {}],
  ['create of one, as JSON-2 answers it', 'create', { vals_list: { x: 1 } }, [[{ x: 1 }]], {}],
])('%s', async (_name, method, given, positional, keywords) => {
  const { url, seen } = await serveOdoo('jsonrpc', result(true));
  await connectOdoo({ ...PROTOCOL, url }).call('res.partner', method, given);
  const call = [
    'testdb',
    7,
    'password-of-robot',
    'res.partner',
    method,
    positional,
    { ...keywords, context: CONTEXT },
  ];
  expect(args(calls(seen)[0])).toEqual({ service: 'object', method: 'execute_kw', args: call });
});

test('a method on records that is given none is called on no record, as JSON-2 does; learned once', async () => {
  const debug = `Traceback (most recent call last):
  File "/odoo/service/model.py", line 184, in retrying
    result = func()
  File "/odoo/service/model.py", line 82, in call_kw
    ids, args = args[0], args[1:]
                ~~~~^^^
IndexError: list index out of range
`;
  const missed = { name: 'builtins.IndexError', message: 'list index out of range', debug };
  const { url, seen } = await serveOdoo('jsonrpc', (request, response) => {
    const bare = args(request).args[5].length === 0;
    const answer = bare
      ? json(200, { jsonrpc: '2.0', id: 1, error: { code: 0, data: missed } })
      : result(true);
    answer(request, response);
  });
  const odoo = connectOdoo({ ...PROTOCOL, url });
  const ask = () => odoo.call('res.partner', 'has_access', { operation: 'write' });
  expect([await ask(), await ask()]).toEqual([true, true]);
  expect(calls(seen).map((request) => args(request).args[5])).toEqual([[], [[]], [[]]]);
});

test('an IndexError from within the method is Odoo’s own', async () => {
  const { fault } = ANSWERS.jsonrpc;
  const { url, seen } = await serveOdoo(
    'jsonrpc',
    fault({ name: 'builtins.IndexError', message: 'list index' }),
  );
  const call = connectOdoo({ ...PROTOCOL, url }).call('res.partner', 'has_access', { operation: 'write' });
  await expect(call).rejects.toMatchObject({ code: 'odoo.refused' });
  expect(calls(seen)).toHaveLength(1);
});

test.each([
  ['JSON of another service', { status: 'ok' }],
  ['null', null],
  [
    'an error without an exception',
    { jsonrpc: '2.0', id: 1, error: { code: 404, message: '404: Not Found' } },
  ],
])('%s is unavailable', async (_name, body) => {
  const { url } = await serve(json(200, body));
  await expect(connectOdoo({ ...PROTOCOL, url }).uid()).rejects.toMatchObject({ code: 'odoo.unavailable' });
});
