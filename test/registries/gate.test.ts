import { expect, it } from 'vitest';
import { Gate } from '../../src/dci/client/gate.ts';
import { clientOf, FakeTime, standIn } from './support.ts';

it.each(Array.from({ length: 10 }, (_, ticks) => ticks))(
  'a place that comes free as its next one gives up is not lost (%i ticks)',
  async (ticks) => {
    for (const abortsFirst of [true, false]) {
      const gate = new Gate(1, new FakeTime());
      const held = Promise.withResolvers<void>();
      const controller = new AbortController();
      const first = gate.through(undefined, () => held.promise);
      const second = gate.through(controller.signal, async () => {}).catch(() => {});
      const third = gate.through(undefined, async () => 'through');
      if (abortsFirst) controller.abort();
      else held.resolve();
      for (let tick = 0; tick < ticks; tick++) await Promise.resolve();
      controller.abort();
      held.resolve();
      await Promise.all([first, second]);
      expect(await third).toBe('through');
      expect(await gate.through(undefined, async () => 'free')).toBe('free');
    }
  },
);

it('no more are under way than there are places', async () => {
  const gate = new Gate(3, new FakeTime());
  let underWay = 0;
  let most = 0;
  const work = async () => {
    underWay += 1;
    most = Math.max(most, underWay);
    await new Promise((resolve) => setImmediate(resolve));
    underWay -= 1;
  };
  await Promise.all(Array.from({ length: 20 }, () => gate.through(undefined, work)));
  expect(most).toBe(3);
});

it('while a registry asks for a pause, nobody else knocks', async () => {
  const timing = new FakeTime();
  const registry = await standIn();
  registry.faults.push({ status: 429, headers: { 'retry-after': '5' } });
  const start = timing.ms;
  const times: number[] = [];
  const timed = (url: string, init: RequestInit) => {
    times.push(timing.ms - start);
    return fetch(url, init);
  };
  const client = clientOf(registry, { concurrency: 1 }, { timing, fetch: timed });
  await Promise.all(['1', '2', '3'].map((value) => client.searchById('UIN', value)));
  expect(times).toHaveLength(4);
  expect(Math.min(...times.slice(1))).toBeGreaterThanOrEqual(5000);
});
