import { expect, test } from 'vitest';
import { candidates, toPredicate } from '../../src/sandbox/domain/filter.ts';
import { parseDomain } from '../../src/sandbox/domain/parse.ts';
import { resolveDomain } from '../../src/sandbox/domain/resolve.ts';
import { char, integer } from '../../src/sandbox/model/field.ts';
import { buildModel } from '../../src/sandbox/model/model.ts';
import { CallEnvironment } from '../../src/sandbox/orm/environment.ts';
import { createSandbox } from '../../src/sandbox/sandbox.ts';
import { Database } from '../../src/sandbox/store/database.ts';
import { cpuMs } from '../cpu-time.ts';

const model = buildModel({
  name: 'thing',
  description: 'Thing',
  fields: { name: char({ indexed: true }), kind: char({ indexed: true }), size: integer() },
  access: [],
});
const db = new Database('test', [model], Date.now);
const table = db.table('thing');
for (let at = 0; at < 300; at++) {
  table.install({ id: at + 1, name: at % 7 ? `n${at % 50}` : null, kind: `k${at % 3}`, size: at });
}
const env = new CallEnvironment(db, 1, new Set(), {}, undefined, true);

const DOMAINS: readonly (readonly [domain: unknown[], indexed: boolean])[] = [
  [[['name', '=', 'n3']], true],
  [[['name', 'in', ['n3', 'n4', false]]], true],
  [[['name', '!=', 'n3']], false],
  [
    [
      ['name', '=', 'n3'],
      ['size', '>', 100],
    ],
    true,
  ],
  [[['size', '>', 100]], false],
  [['|', ['name', '=', 'n3'], ['kind', '=', 'k1']], true],
  [['|', ['name', '=', 'n3'], ['size', '=', 9]], false],
  [['&', '|', ['name', '=', 'n3'], ['name', '=', 'n4'], ['kind', '!=', 'k1']], true],
  [[['id', 'in', [5, 6, 999]]], true],
  [
    [
      ['id', '=', 5],
      ['name', '=', 'nowhere'],
    ],
    true,
  ],
  [[], false],
];

test.each(DOMAINS)('%j', (domain, indexed) => {
  const filter = resolveDomain(env, model, parseDomain(domain));
  const scanned = [...table.rows()].filter(toPredicate(filter)).map((row) => row.id);
  const ids = candidates(filter, table);
  expect(ids !== undefined).toBe(indexed);
  expect(env.search('thing', domain)).toEqual(scanned);
  if (ids !== undefined) expect([...ids]).toEqual(expect.arrayContaining(scanned));
});

const sandbox = createSandbox();

test('carries the load of a benchmark', () => {
  const taken = cpuMs(() => {
    for (let batch = 0; batch < 50; batch++) {
      const events = Array.from({ length: 200 }, (_item, at) => ({
        event_type: 'birth',
        identifier_type: 'national_id',
        identifier_value: `N${(batch * 200 + at) % 4000}`,
        event_date: `20${10 + Math.floor(batch / 20)}-01-01`,
        raw_data: '{}',
      }));
      sandbox.execute('bridge', 'spp.dci.crvs.event', 'create', { vals_list: events });
    }
  });
  expect(10_000 / (taken / 1000), 'events a second of processor time').toBeGreaterThan(3000);
});
