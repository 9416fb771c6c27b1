import { expect, it } from 'vitest';
import { DciClientError } from '../../src/dci/client/errors.ts';
import { randomFrom } from '../dci/support.ts';
import { clientOf, FakeTime, oauth2, standIn } from './support.ts';

it('500 look-ups at once, at a registry that limits the rate and fails 5%: all are answered, with one token', async () => {
  const timing = new FakeTime();
  const random = randomFrom(7);
  const entries = Array.from({ length: 500 }, (_, at) => ({
    identifiers: { UIN: `uin-${at}` },
    birth: '2020-01-01',
  }));
  const registry = await standIn({
    entries,
    oauth2: { location: 'body' },
    rate: { limit: 60, windowMs: 1000 },
    now: timing.now,
    fault: ({ path }) => (path !== '/token' && random() < 0.05 ? { status: 500 } : null),
  });
  let underWay = 0;
  let most = 0;
  const counting = async (url: string, init: RequestInit) => {
    underWay += 1;
    most = Math.max(most, underWay);
    try {
      return await fetch(url, init);
    } finally {
      underWay -= 1;
    }
  };
  const client = clientOf(
    registry,
    { auth: oauth2(registry), concurrency: 16 },
    { timing: Object.assign(timing, { random: randomFrom(8) }), fetch: counting },
  );
  const ended = await Promise.allSettled(
    entries.map(({ identifiers: { UIN } }) => client.searchById('UIN', UIN)),
  );
  const failed = ended.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
  expect(failed.filter((error) => !(error instanceof DciClientError))).toEqual([]);
  // Four attempts at 5% leave one in 160,000; turned away by the rate, a call comes back in the next window.
  expect(failed.length).toBeLessThan(5);
  for (const [at, one] of ended.entries()) {
    if (one.status === 'fulfilled')
      expect(one.value.records).toMatchObject([{ identifier: [{ identifier_value: `uin-${at}` }] }]);
  }
  expect(registry.tokenRequests).toBe(1);
  expect(most).toBeLessThanOrEqual(17);
  expect(registry.problems).toEqual([]);
});

it('500 look-ups at a registry that is gone all end in a typed error', async () => {
  const registry = await standIn({ fault: () => ({ status: 503 }) });
  const client = clientOf(registry);
  const ended = await Promise.allSettled(Array.from({ length: 500 }, () => client.searchById('UIN', '1')));
  const codes = new Set(ended.map((one) => (one.status === 'rejected' ? one.reason.code : 'answered')));
  expect([...codes]).toEqual(['registry.unavailable']);
});
