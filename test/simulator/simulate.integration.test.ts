import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Break } from '../../simulator/broken.ts';
import { brokenInvariants } from '../../simulator/invariants/check.ts';
import { planOf } from '../../simulator/plan/generate.ts';
import type { Plan } from '../../simulator/plan/plan.ts';
import { shrink } from '../../simulator/shrink.ts';
import { simulate } from '../../simulator/simulation.ts';
import { storyOf } from '../../simulator/story.ts';

async function run(plan: Plan, broken: Break | null = null) {
  const ended = await simulate(plan, broken, false);
  return { hash: ended.trace.hash, broken: brokenInvariants(ended) };
}

/** The first seed of a range that breaks something. */
async function firstFound(broken: Break, from: number, to: number): Promise<Plan | null> {
  for (let seed = from; seed <= to; seed += 1) {
    const plan = planOf(seed);
    if ((await run(plan, broken)).broken.length > 0) return plan;
  }
  return null;
}

const SEEDS = 200;
const AT_ONCE = 20;

describe('what must be true at the end', () => {
  const slices = Array.from({ length: SEEDS / AT_ONCE }, (_, at) => 1 + at * AT_ONCE);
  it.each(slices)('is so for twenty seeds from %i on', async (first) => {
    for (let seed = first; seed < first + AT_ONCE; seed += 1) {
      expect((await run(planOf(seed))).broken, `npm run simulate -- --seed ${seed}`).toEqual([]);
    }
  });

  const folder = join(import.meta.dirname, 'kept');
  const kept = readdirSync(folder).map(
    (name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Plan,
  );
  it.each(kept)('is so where it was not once: $why', async (plan) => {
    expect((await run(plan)).broken).toEqual([]);
  });
});

describe('a seed', () => {
  it.each(['sqlite', 'postgres'] as const)(
    'is the same run to the letter, every time (%s)',
    async (engine) => {
      for (const seed of [1, 5, 27]) {
        const plan = planOf(seed, { engine });
        const first = await simulate(plan, null, true);
        const second = await simulate(planOf(seed, { engine }), null, true);
        expect(second.trace.lines).toEqual(first.trace.lines);
        expect(second.trace.hash).toBe(first.trace.hash);
        expect(first.trace.lines.length).toBeGreaterThan(50);
      }
    },
  );

  it('has a hash of its own', async () => {
    const different = new Set<string>();
    for (const seed of [1, 2, 3]) different.add((await run(planOf(seed))).hash);
    expect(different.size).toBe(3);
  });

  it('leaves the clocks, the timers and the random numbers of Node as they were', async () => {
    const before = [
      Date,
      setTimeout,
      setInterval,
      setImmediate,
      performance.now,
      Math.random,
      AbortSignal.timeout,
    ];
    await run(planOf(1));
    const after = [
      Date,
      setTimeout,
      setInterval,
      setImmediate,
      performance.now,
      Math.random,
      AbortSignal.timeout,
    ];
    expect(after.map((one, at) => one === before[at])).toEqual(before.map(() => true));
  });
});

describe('a bridge that is broken on purpose', () => {
  it.each([
    ['lost-fsync', 'nothing acknowledged is lost'],
    ['missing-hold', 'no registrant is held twice at the same time'],
    ['exit-after-disable', 'each person ends as if their events had come alone and in order'],
  ] as const)('(%s) is noticed', async (broken, invariant) => {
    const plan = await firstFound(broken, ...RANGES[broken]);
    expect(plan, 'a seed that breaks something').not.toBeNull();
    if (!plan) return;
    const found = await run(plan, broken);
    expect(found.broken.map((one) => one.invariant)).toContain(invariant);
    expect((await run(plan)).broken, 'the same seed without the break').toEqual([]);
  });

  it('ends in a short story', async () => {
    const plan = await firstFound('lost-fsync', ...RANGES['lost-fsync']);
    if (!plan) throw new Error('no seed breaks anything');
    const small = await shrink(plan, 'nothing acknowledged is lost', 'lost-fsync');
    const ended = await simulate(small, 'lost-fsync', true);
    expect(small.messages.length).toBeLessThan(plan.messages.length);
    expect(small.messages.length).toBeLessThanOrEqual(2);
    expect(small.faults.map(({ kind }) => kind)).toEqual(['kill']);
    expect(small.deeds).toEqual([]);
    const story = storyOf(small, ended.trace.lines, brokenInvariants(ended));
    expect(story).toContain('nothing acknowledged is lost');
    expect(story).toMatch(/crvs\.\w+: sends "m-\d+"/);
    expect(story).toMatch(/bridge 1: dies/);
  });
});

/** Seeds among which is one that shows the break; all are below 500. */
const RANGES: Readonly<Record<Break, [from: number, to: number]>> = {
  'lost-fsync': [1, 30],
  'missing-hold': [1, 30],
  'exit-after-disable': [1, 30],
};
