import { expect, test } from 'vitest';
import type { OdooArguments, OdooCallOptions, OdooClient, OdooValue } from '../../src/odoo/client.ts';
import { create, fieldsGet, read, search, searchCount, searchRead, write } from '../../src/odoo/orm.ts';

/** A client that gives one answer, and what it was asked. */
function answering(answer: OdooValue) {
  const asked: [string, string, OdooArguments | undefined, OdooCallOptions | undefined][] = [];
  const odoo: OdooClient = {
    protocol: 'json2',
    uid: async () => 7,
    call: async (model, method, args, options) => {
      asked.push([model, method, args, options]);
      return answer;
    },
  };
  return { odoo, asked };
}

test('searchRead', async () => {
  const rows = [{ id: 1, name: 'Ana', ref: false }];
  const { odoo, asked } = answering(rows);
  const { signal } = new AbortController();
  const options = { limit: 2, order: 'id', context: { tz: 'UTC' }, signal };
  expect(await searchRead(odoo, 'res.partner', [['id', '>', 0]], ['name', 'ref'], options)).toEqual(rows);
  const args = {
    domain: [['id', '>', 0]],
    fields: ['name', 'ref'],
    limit: 2,
    order: 'id',
    context: { tz: 'UTC' },
  };
  expect(asked).toEqual([['res.partner', 'search_read', args, { signal }]]);
});

test('read', async () => {
  const { odoo, asked } = answering([{ id: 1, name: 'Ana' }]);
  expect(await read(odoo, 'res.partner', [1, 2], ['name'])).toEqual([{ id: 1, name: 'Ana' }]);
  expect(asked).toEqual([['res.partner', 'read', { ids: [1, 2], fields: ['name'] }, {}]]);
});

test('search and searchCount', async () => {
  expect(await search(answering([3, 4]).odoo, 'res.partner', [])).toEqual([3, 4]);
  expect(await searchCount(answering(2).odoo, 'res.partner', [])).toBe(2);
});

test('create gives one id for each record', async () => {
  const { odoo, asked } = answering([3, 4]);
  expect(await create(odoo, 'res.partner', [{ name: 'A' }, { name: 'B' }])).toEqual([3, 4]);
  expect(asked).toEqual([['res.partner', 'create', { vals_list: [{ name: 'A' }, { name: 'B' }] }, {}]]);
});

test('write', async () => {
  const { odoo, asked } = answering(true);
  await write(odoo, 'res.partner', [1], { name: 'A' });
  expect(asked).toEqual([['res.partner', 'write', { ids: [1], vals: { name: 'A' } }, {}]]);
});

test('fieldsGet gives the fields by name, one with an odd selection among them', async () => {
  const { odoo } = answering({
    state: { type: 'selection', selection: [['draft', 'Draft']], required: true, readonly: false },
    odd: { type: 'selection', selection: [[false, 7]], required: false, readonly: false },
    parent_id: { type: 'many2one', relation: 'res.partner', required: false, readonly: true },
  });
  const fields = await fieldsGet(odoo, 'res.partner');
  expect(fields.get('state')).toEqual({
    type: 'selection',
    selection: [['draft', 'Draft']],
    required: true,
    readonly: false,
  });
  expect(fields.get('odd')?.selection).toBeUndefined();
  expect(fields.get('parent_id')).toMatchObject({ relation: 'res.partner', readonly: true });
});

const WRONG: [string, OdooValue, (odoo: OdooClient) => Promise<unknown>][] = [
  ['search_read', { id: 1 }, (odoo) => searchRead(odoo, 'm', [], [])],
  ['search_read', [{ name: 'no id' }], (odoo) => searchRead(odoo, 'm', [], [])],
  ['read', null, (odoo) => read(odoo, 'm', [1], [])],
  ['search', [false], (odoo) => search(odoo, 'm', [])],
  ['search_count', '5', (odoo) => searchCount(odoo, 'm', [])],
  ['create', 5, (odoo) => create(odoo, 'm', [{}])],
  ['create', [1, 2], (odoo) => create(odoo, 'm', [{}])],
  ['write', null, (odoo) => write(odoo, 'm', [1], {})],
  ['fields_get', [], (odoo) => fieldsGet(odoo, 'm')],
];

test.each(WRONG)('%s: an answer of another shape is not Odoo’s: %j', async (method, answer, ask) => {
  await expect(ask(answering(answer).odoo)).rejects.toMatchObject({
    code: 'odoo.unavailable',
    model: 'm',
    method,
  });
});
