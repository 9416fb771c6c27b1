import { expect, test } from 'vitest';
import { FACES } from '../../src/sandbox/faces.ts';
import { createSandbox, type SandboxCore, type SandboxOptions } from '../../src/sandbox/sandbox.ts';
import { seedDemo } from '../../src/sandbox/seed.ts';

let sandbox: SandboxCore;

function start(options: SandboxOptions = {}): void {
  sandbox = createSandbox(options);
}

const read = (model: string, domain: unknown[], fields: string[]): Record<string, unknown>[] =>
  sandbox.execute('bridge', model, 'search_read', { domain, fields, order: 'id' }) as Record<
    string,
    unknown
  >[];

test('a registry of eight people and a household', async () => {
  start();
  const demo = seedDemo(sandbox);
  const people = read(
    'res.partner',
    [
      ['is_registrant', '=', true],
      ['is_group', '=', false],
    ],
    ['name'],
  );
  expect(people).toEqual(demo.registrants.map(({ id, name }) => ({ id, name })));
  expect(people).toHaveLength(8);
  expect(read('res.partner', [['is_group', '=', true]], ['name'])).toEqual([demo.household]);

  const [first] = demo.registrants;
  const ids = read('spp.registry.id', [['partner_id', '=', first?.id]], ['value', 'id_type_id', 'status']);
  expect(ids.map(({ value, status }) => [value, status])).toEqual(
    Object.values(first?.ids ?? {}).map((value) => [value, 'valid']),
  );
  const types = read('spp.registry.id', [], ['id_type_id']).map(
    ({ id_type_id: type }) => (type as string[])[1],
  );
  expect(new Set(types)).toEqual(new Set(['National ID', 'Birth Certificate', 'Passport']));
});

test('memberships of every kind that matters', async () => {
  start();
  const demo = seedDemo(sandbox);
  expect(demo.programs).toHaveLength(2);
  const states = read('spp.program.membership', [], ['state']).map(({ state }) => state);
  expect(new Set(states)).toEqual(new Set(['enrolled', 'paused', 'exited']));
});

test('no programs where there is no such module', async () => {
  start({ programs: false, extras: true });
  expect(seedDemo(sandbox).programs).toEqual([]);
});

test.each(Object.entries(FACES))('the household has its members, %s', async (_face, options) => {
  start(options);
  const { household, registrants } = seedDemo(sandbox);
  const places = read(
    'spp.group.membership',
    [['group', '=', household.id]],
    ['individual', 'is_head', 'status'],
  );
  expect(
    places.map(({ individual, is_head, status }) => [(individual as [number, string])[0], is_head, status]),
  ).toEqual(registrants.slice(0, 3).map(({ id }, at) => [id, at === 0, 'active']));
});
