import { expect, it, onTestFinished, vi } from 'vitest';
import type { Database } from '../../src/inbox/postgres/database.ts';
import { Holds } from '../../src/inbox/postgres/holds.ts';

/** A table of holds in memory; a DELETE takes effect when it is let through. */
function table() {
  const rows = new Set<string>();
  const deletes: (() => void)[] = [];
  const database = {
    async rows(_text: string, [hashes = []]: [string[]?], name?: string) {
      if (name === 'free') {
        await new Promise<void>((resolve) => deletes.push(resolve));
        for (const hash of hashes) rows.delete(hash);
        return [];
      }
      const got = hashes.filter((hash) => !rows.has(hash));
      for (const hash of got) rows.add(hash);
      return got.map((key) => ({ key }));
    },
  } as unknown as Database;
  const replica = { id: 'replica' };
  return { rows, deletes, replica, holds: new Holds(database, replica as never) };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

it('a key that is freed twice at once and held again stays held, and can be freed', async () => {
  const { rows, deletes, holds } = table();
  expect(await holds.hold(['person'])).toEqual(new Set(['person']));
  const freed = [holds.free(['person']), holds.freeDoubtful(), holds.freeDoubtful()];
  const again = holds.hold(['person']);
  await turn();
  expect(deletes, 'one DELETE at a time').toHaveLength(1);
  deletes.shift()?.();
  expect(await again).toEqual(new Set(['person']));
  await Promise.all(freed);
  expect(rows.size, 'no late DELETE takes it away').toBe(1);
  const last = holds.free(['person']);
  await turn();
  deletes.shift()?.();
  await last;
  expect([rows.size, deletes.length]).toEqual([0, 0]);
});

it('a key that is being freed is nobody’s until it is free', async () => {
  const { deletes, holds } = table();
  await holds.hold(['person', 'other']);
  const first = holds.free(['person']);
  await turn();
  const second = holds.free(['other']);
  const asked = holds.hold(['other']);
  for (let at = 0; at < 2; at += 1) {
    await turn();
    deletes.shift()?.();
  }
  await Promise.all([first, second]);
  expect((await asked).size).toBe(1);
});

it('a key that is to be freed later is nobody’s until then', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const { rows, deletes, holds } = table();
  await holds.hold(['person']);
  await holds.free(['person'], 5000);
  vi.advanceTimersByTime(4999);
  expect([(await holds.hold(['person'])).size, deletes.length]).toEqual([0, 0]);
  vi.advanceTimersByTime(1);
  deletes.shift()?.();
  await turn();
  expect(rows.size).toBe(0);
  expect(await holds.hold(['person'])).toEqual(new Set(['person']));
});

it.each(['before', 'after'])(
  'a key that was to be freed under a lease that ended %s is not freed under the next one',
  async (when) => {
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const { rows, deletes, replica, holds } = table();
    const next = () => {
      holds.forget();
      rows.clear();
      replica.id = 'the next one';
    };
    await holds.hold(['person']);
    if (when === 'before') next();
    await holds.free(['person'], 5000);
    if (when === 'after') next();
    expect(await holds.hold(['person'])).toEqual(new Set(['person']));
    vi.advanceTimersByTime(5000);
    await turn();
    expect(deletes).toEqual([]);
  },
);
