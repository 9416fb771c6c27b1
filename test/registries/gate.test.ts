import { describe, expect, it } from 'vitest';
import { Gate } from '../../src/dci/client/gate.ts';
import { Registries } from '../../src/registries/registries.ts';
import type { SourceSettings } from '../../src/registries/source.ts';
import { clientOf, FakeTime, standIn } from './support.ts';

it.each(Array.from({ length: 10 }, (_, ticks) => ticks))(
  'a place that comes free as its next one gives up is not lost (%i ticks)',
  async (ticks) => {
    for (const abortsFirst of [true, false]) {
      const gate = new Gate({ width: 1 }, new FakeTime());
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
  const gate = new Gate({ width: 3 }, new FakeTime());
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

/** The most requests that began in any second. */
function mostInASecond(times: readonly number[]): number {
  return Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + 1000).length));
}

describe('a pace', () => {
  it.each([1, 7, 50])('of %i a second is never exceeded, over restarts and pauses too', async (perSecond) => {
    const time = new FakeTime();
    const began: number[] = [];
    for (let process = 0; process < 4; process++) {
      const gate = new Gate({ width: 8, perSecond }, time);
      const requests = Array.from({ length: 2 * perSecond }, (_, n) =>
        gate.through(undefined, async () => {
          began.push(time.now());
          if (n === perSecond) gate.pause(700);
        }),
      );
      await Promise.all(requests);
    }
    expect(began).toHaveLength(8 * perSecond);
    expect(mostInASecond(began)).toBeLessThanOrEqual(perSecond);
  });

  it('waits no longer than a step where the clock was set back', async () => {
    const time = new FakeTime();
    const gate = new Gate({ width: 1, perSecond: 1 }, time);
    await gate.through(undefined, async () => {});
    time.ms -= 3_600_000;
    const from = time.ms;
    await gate.through(undefined, async () => {});
    expect(time.ms - from).toBeLessThan(1100);
  });

  it('is not used up by who gives up waiting', async () => {
    const time = new FakeTime();
    const gate = new Gate({ width: 1, perSecond: 1 }, time);
    const from = time.ms;
    await expect(gate.through(AbortSignal.abort(new Error('no')), async () => {})).rejects.toThrow('no');
    await gate.through(undefined, async () => {});
    expect(time.ms - from).toBeLessThan(1100);
  });
});

it('a registry that asks for a longer pause than we wait for is left alone by the next request as well', async () => {
  const time = new FakeTime();
  const registry = await standIn();
  registry.faults.push({ status: 429, headers: { 'retry-after': '3600' } });
  const client = clientOf(registry, { retry: { maximumMs: 5000 } }, { timing: time });
  const from = time.ms;
  await expect(client.searchById('UIN', '1')).rejects.toMatchObject({
    code: 'registry.busy',
    retryAfterMs: 3_600_000,
  });
  await client.searchById('UIN', '1');
  expect(time.ms - from).toBeGreaterThanOrEqual(5000);
});

it('is shared by the clients of a source whose other settings changed', async () => {
  const time = new FakeTime();
  const began: number[] = [];
  const fetch = async () => {
    began.push(time.now());
    return new Response('{}', { status: 404 });
  };
  const source = {
    baseUrl: 'http://registry.test',
    senderId: 'us',
    authType: 'none',
    requestsPerSecond: 2,
  } as const;
  const settings = new Map<string, SourceSettings>([['crvs_main', source]]);
  const registries = new Registries(settings, null, { fetch, timing: time });
  const clients = new Set<unknown>();
  for (const timeoutMs of [1000, 2000, 3000, 4000]) {
    settings.set('crvs_main', { ...source, timeoutMs });
    const client = await registries.client('crvs_main');
    clients.add(client);
    await Promise.allSettled([client.searchById('UIN', '1'), client.searchById('UIN', '2')]);
  }
  expect(clients.size).toBe(4);
  expect(began).toHaveLength(8);
  expect(mostInASecond(began)).toBeLessThanOrEqual(2);
});
