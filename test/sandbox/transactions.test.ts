import { expect, test } from 'vitest';
import { createSandbox } from '../../src/sandbox/sandbox.ts';

const EVENT = 'spp.dci.crvs.event';
const sandbox = createSandbox({ extras: true });

const create = (...values: object[]): number[] =>
  sandbox.execute('bridge', EVENT, 'create', { vals_list: values }) as number[];
const search = (...domain: unknown[]): number[] =>
  sandbox.execute('bridge', EVENT, 'search', { domain, order: 'id' }) as number[];

test('what fails leaves nothing behind, in the indexes neither', () => {
  const [id] = create({ event_type: 'birth', identifier_value: 'before' });
  const values = [
    { event_type: 'birth', identifier_value: 'new' },
    { event_type: 'birth', event_date: '2999-01-01' },
  ];
  expect(() => create(...values)).toThrow('future');
  const write = { ids: [id], vals: { identifier_value: 'after', event_date: '2999-01-01' } };
  expect(() => sandbox.execute('bridge', EVENT, 'write', write)).toThrow('future');
  expect(search(['identifier_value', 'in', ['new', 'after']])).toEqual([]);
  expect(search(['identifier_value', '=', 'before'])).toEqual([id]);
});

test('a delete that fails puts the records back where they were', () => {
  const [person] = sandbox.execute('bridge', 'res.partner', 'create', {
    vals_list: [{ name: 'Ona' }],
  }) as number[];
  const [event] = create({ event_type: 'birth', identifier_value: 'held', person_id: person });
  const [later] = create({ event_type: 'birth', identifier_value: 'held' });
  const [second] = sandbox.execute('bridge', 'res.partner', 'create', {
    vals_list: [{ name: 'Pia' }],
  }) as number[];
  expect(() => sandbox.execute('admin', 'res.partner', 'unlink', { ids: [person] })).toThrow(
    "The troublemaker is: 'CRVS Event' (spp.dci.crvs.event)",
  );
  const people = sandbox.execute('bridge', 'res.partner', 'search', {
    domain: [['name', 'in', ['Ona', 'Pia']]],
    order: 'id',
  });
  expect(people).toEqual([person, second]);
  expect(search(['person_id.name', '=', 'Ona'])).toEqual([event]);
  sandbox.execute('admin', EVENT, 'unlink', { ids: [event] });
  expect(search(['identifier_value', '=', 'held'])).toEqual([later]);
});

test('numbers that a failed call took are not given again', () => {
  const nameOf = ([id]: number[]): unknown =>
    (sandbox.execute('bridge', EVENT, 'read', { ids: [id], fields: ['name'] }) as { name: string }[])[0]
      ?.name;
  expect(nameOf(create({ event_type: 'death' }))).toMatch(/^DEATH\/20\d\d\/00001$/);
  expect(() => create({ event_type: 'death', event_date: '2999-01-01' })).toThrow('future');
  expect(nameOf(create({ event_type: 'death' }))).toMatch(/^DEATH\/20\d\d\/00003$/);
});

test('a deleted record is let go by those that may do without it', () => {
  const [person] = sandbox.execute('admin', 'res.partner', 'create', {
    vals_list: [{ name: 'Quin' }],
  }) as number[];
  const [child] = sandbox.execute('admin', 'res.partner', 'create', {
    vals_list: [{ name: 'Rae', parent_id: person }],
  }) as number[];
  const read = (): unknown =>
    sandbox.execute('admin', 'res.partner', 'read', { ids: [child], fields: ['parent_id', 'display_name'] });
  expect(read()).toEqual([{ id: child, parent_id: [person, 'Quin'], display_name: 'Quin, Rae' }]);
  sandbox.execute('admin', 'res.partner', 'unlink', { ids: [person] });
  expect(read()).toMatchObject([{ id: child, parent_id: false }]);
});
