import { describe, expect, it } from 'vitest';
import { daysOf, planOf, slicesOf } from '../../src/backfill/plan.ts';
import { NOW, plan } from './support.ts';

describe('a plan', () => {
  const asked = { source: 'crvs_main', types: ['DEATH', 'birth'], from: '2024-01-30', to: '2024-03-02' };

  it('has its types once, in one order, so that the same is asked for under one name', () => {
    expect(planOf({ ...asked, types: ['death', 'birth', 'Death'] }, NOW)).toEqual(planOf(asked, NOW));
    expect(planOf(asked, NOW).types).toEqual(['birth', 'death']);
  });

  it.each([
    ['no day', { from: '2024-02-30' }, /^from: expected a day/],
    ['a date-time', { to: '2024-03-02T00:00:00Z' }, /^to: expected a day/],
    ['a range that is backwards', { from: '2024-03-03' }, /^from: must not be after/],
    ['a day that has not come', { to: '2026-03-03' }, /^to: lies in the future/],
    ['an unknown type', { types: ['birth', 'adoption'] }, /^types: expected/],
    ['no type', { types: [] }, /^types: expected/],
  ])('is refused with %s', (_, over, message) => {
    expect(() => planOf({ ...asked, ...over }, NOW)).toThrow(message);
  });

  it('takes tomorrow, which it is already somewhere', () => {
    expect(planOf({ ...asked, to: '2026-03-02' }, NOW).to).toBe('2026-03-02');
  });

  it('is walked in slices that meet without a gap, across months and leap days', () => {
    const slices = [...slicesOf(plan({ from: '2024-01-30', to: '2024-03-02' }), {}, 14)];
    expect(slices.map(({ from, to }) => `${from} ${to}`)).toEqual([
      '2024-01-30 2024-02-12',
      '2024-02-13 2024-02-26',
      '2024-02-27 2024-03-02',
    ]);
  });

  it('goes on after the last day that is done, each type by itself', () => {
    const two = planOf(asked, NOW);
    const through = { birth: '2024-03-02', death: '2024-02-20' };
    expect([...slicesOf(two, through, 365)]).toEqual([
      { type: 'death', from: '2024-02-21', to: '2024-03-02' },
    ]);
    expect(daysOf(two, through)).toEqual({ done: 33 + 22, total: 66 });
  });
});
