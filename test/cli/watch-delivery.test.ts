import { expect, it } from 'vitest';
import type { ProgressState } from '../../src/cli/progress.ts';
import { watchDelivery } from '../../src/cli/watch-delivery.ts';
import { countsOf } from '../../src/inbox/counts.ts';

/** An inbox with these counts at each look. */
function looks(...open: number[]) {
  let look = 0;
  return {
    counts: async () => {
      const count = open[Math.min(look, open.length - 1)] ?? 0;
      look += 1;
      const rows = [
        { type: 'death', state: 'waiting', outcome: null, count },
        { type: 'death', state: 'deferred', outcome: null, count: 2 },
      ] as const;
      return countsOf({ rows: [...rows], reasons: [], oldestUnsettledAt: null }, 0);
    },
  };
}

function remembered() {
  const seen: ProgressState[] = [];
  return { seen, progress: { update: (state: ProgressState) => void seen.push(state), end: () => {} } };
}

it('follows the delivery until nothing waits, also where more comes meanwhile', async () => {
  const { seen, progress } = remembered();
  const counts = await watchDelivery(
    looks(10, 4, 14, 0),
    progress,
    new AbortController().signal,
    async () => {},
  );
  expect(seen.map(({ done, total }) => `${done}/${total}`)).toEqual(['0/10', '6/10', '0/14', '14/14']);
  expect(seen[0]?.detail).toBe('10 to go, 2 deferred');
  expect(counts).toMatchObject({ waiting: 0, deferred: 2 });
});

it('ends where somebody has seen enough', async () => {
  const { progress } = remembered();
  const seen = new AbortController();
  const watching = watchDelivery(looks(10), progress, seen.signal);
  seen.abort();
  expect(await watching).toMatchObject({ waiting: 10 });
});
