import { beforeEach, describe, expect, it } from 'vitest';
import { IdSet } from '../../src/screening/id-set.ts';
import type { Population } from '../../src/screening/plan.ts';
import { readPopulation } from '../../src/screening/population.ts';
import { openspp } from './support.ts';

type OpenSpp = Awaited<ReturnType<typeof openspp>>;
let spp: OpenSpp;

beforeEach(async () => {
  spp = await openspp();
});

const NOW = Date.parse('2026-03-01T12:00:00Z');

async function read(population: Population, page = 2): Promise<number[]> {
  const set = await readPopulation(spp.client, population, { now: NOW, page });
  return [...set.chunks(1000)].flat();
}

const persons = (count: number) => spp.people(...Array.from({ length: count }, () => ({})));
const disable = (ids: number[]) =>
  spp.sandbox.execute('admin', 'res.partner', 'write', {
    ids,
    vals: { disabled: '2026-01-01 00:00:00' },
  });

describe('the population', () => {
  it('of a program is everybody enrolled, once, without who is disabled, archived or no registrant', async () => {
    const [program, other] = [spp.program(), spp.program()];
    const [a, b, c, d, e, f, g] = persons(7) as [number, number, number, number, number, number, number];
    spp.enroll(program, [g, a, b, c, d]);
    spp.enroll(program, [e], 'exited');
    spp.enroll(other, [f, a]);
    disable([b]);
    spp.sandbox.execute('admin', 'res.partner', 'write', { ids: [c], vals: { active: false } });
    const [contact] = spp.create('res.partner', { name: 'Contact' });
    spp.enroll(program, [contact as number]);
    expect(await read({ of: 'program', id: program })).toEqual([a, d, g]);
  });

  it('of a program for households is their members, whose membership has not ended', async () => {
    const program = spp.program();
    const [a, b, c, d, e] = persons(5) as [number, number, number, number, number];
    const [one, two, gone] = spp.create(
      'res.partner',
      ...['one', 'two', 'gone'].map((name) => ({ name, is_registrant: true, is_group: true })),
    ) as [number, number, number];
    spp.enroll(program, [one, two, gone, e]);
    const member = (group: number, individual: number, ended_date: string | false = false) => ({
      group,
      individual,
      start_date: '2020-01-01 00:00:00',
      ended_date,
    });
    spp.create(
      'spp.group.membership',
      member(one, a),
      member(two, a),
      member(one, b, '2026-02-28 00:00:00'),
      member(one, c, '2027-01-01 00:00:00'),
      member(gone, d),
    );
    disable([gone]);
    expect(await read({ of: 'program', id: program })).toEqual([a, c, e]);
  });

  it('of a cycle is everybody enrolled in it, once', async () => {
    const program_id = spp.program();
    const dates = { start_date: '2026-03-01', end_date: '2026-03-31' };
    const [cycle, other] = spp.create(
      'spp.cycle',
      { name: 'March', program_id, ...dates },
      { name: 'April', program_id, ...dates },
    ) as [number, number];
    const [a, b, c, d] = persons(4) as [number, number, number, number];
    const member = (cycle_id: number, partner_id: number, state = 'enrolled') => ({
      cycle_id,
      partner_id,
      state,
    });
    spp.create(
      'spp.cycle.membership',
      member(cycle, c),
      member(cycle, a),
      member(cycle, a),
      member(cycle, b, 'exited'),
      member(other, d),
    );
    expect(await read({ of: 'cycle', id: cycle })).toEqual([a, c]);
  });

  it('of all is every individual registrant', async () => {
    const [a, b, c] = persons(3) as [number, number, number];
    spp.create('res.partner', { name: 'Household', is_registrant: true, is_group: true });
    disable([b]);
    expect(await read({ of: 'all' }, 1)).toEqual([a, c]);
  });

  it('that is empty is said, with the argument', async () => {
    await expect(read({ of: 'program', id: 999 })).rejects.toMatchObject({
      code: 'screening.nobody',
      message: expect.stringContaining('program 999'),
    });
    await expect(read({ of: 'all' })).rejects.toMatchObject({ code: 'screening.nobody' });
  });
});

describe('a set of ids', () => {
  it('gives each once, ascending, in chunks', () => {
    const set = new IdSet();
    const ids = [0, 1, 31, 32, 63, 64, 65_535, 65_536, 2_000_000_000, 7, 31, 4_294_967_296];
    for (const id of ids) set.add(id);
    const sorted = [...new Set(ids)].sort((a, b) => a - b);
    expect(set.size).toBe(sorted.length);
    expect([...set.chunks(4)].map((chunk) => chunk.length)).toEqual([4, 4, 3]);
    expect([...set.chunks(4)].flat()).toEqual(sorted);
    expect([...new IdSet().chunks(4)]).toEqual([]);
  });
});
