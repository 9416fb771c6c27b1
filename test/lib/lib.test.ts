import { describe, expect, it } from 'vitest';
import { orAborted, withDeadline } from '../../src/lib/abort.ts';
import { Limit } from '../../src/lib/limit.ts';
import { memoize } from '../../src/lib/memoize.ts';
import { retried } from '../../src/lib/retry.ts';
import { isPrintable } from '../../src/lib/text.ts';

describe('retried', () => {
  /** Fails so often, and then answers; with the pauses that were made. */
  function failing(times: number) {
    const pauses: number[] = [];
    let left = times;
    const attempt = async () => {
      left -= 1;
      if (left >= 0) throw new Error(`failure ${times - left}`);
      return 'done';
    };
    const timing = { wait: async (ms: number) => void pauses.push(ms) };
    return { attempt, timing, pauses };
  }

  it('tries until an attempt succeeds, with the pauses that it is given', async () => {
    const { attempt, timing, pauses } = failing(2);
    expect(await retried(attempt, { timing, pauseAfter: (_error, failures) => failures * 10 })).toBe('done');
    expect(pauses).toEqual([10, 20]);
  });

  it('gives up with what failed last', async () => {
    const { attempt, timing, pauses } = failing(5);
    const answer = retried(attempt, { timing, pauseAfter: (_error, failures) => (failures < 3 ? 1 : null) });
    await expect(answer).rejects.toThrow('failure 3');
    expect(pauses).toHaveLength(2);
  });

  it('throws an error in place of the failure', async () => {
    const { attempt, timing } = failing(1);
    const pauseAfter = () => {
      throw new Error('another');
    };
    await expect(retried(attempt, { timing, pauseAfter })).rejects.toThrow('another');
  });
});

describe('Limit', () => {
  it('runs so many at once, the others in their order', async () => {
    const limit = new Limit(2);
    const begun: number[] = [];
    const gates = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
    const work = gates.map((gate, number) =>
      limit.run(async () => {
        begun.push(number);
        await gate.promise;
      }),
    );
    const turn = () => new Promise(setImmediate);
    await turn();
    expect(begun).toEqual([0, 1]);
    gates[1]?.resolve();
    await work[1];
    await turn();
    expect(begun).toEqual([0, 1, 2]);
    for (const gate of gates) gate.resolve();
    await Promise.all(work);
    expect(begun).toEqual([0, 1, 2, 3]);
  });

  it('gives the place of one that fails, or that gives up, to the next', async () => {
    const limit = new Limit(1);
    const gone = new AbortController();
    const gate = Promise.withResolvers<void>();
    const first = limit.run(() => gate.promise);
    const second = limit.run(async () => 'never', gone.signal);
    const third = limit.run(async () => 'third');
    gone.abort(new Error('gone'));
    await expect(second).rejects.toThrow('gone');
    gate.reject(new Error('failed'));
    await expect(first).rejects.toThrow('failed');
    expect(await third).toBe('third');
  });
});

describe('memoize', () => {
  it('asks once, again after its time, and again after a failure', async () => {
    let asked = 0;
    const fails = new Set([3]);
    const kept = memoize(async () => {
      asked += 1;
      if (fails.has(asked)) throw new Error('down');
      return asked;
    }, 100);
    expect([await kept.get(0), await kept.get(100)]).toEqual([1, 1]);
    expect(await kept.get(101)).toBe(2);
    await expect(kept.get(300)).rejects.toThrow('down');
    expect(await kept.get(300)).toBe(4);
    kept.forget();
    expect(await kept.get(300)).toBe(5);
  });

  it('keeps a newer answer where an older one is forgotten', async () => {
    let asked = 0;
    const kept = memoize(async () => ++asked);
    const first = kept.get();
    await first;
    kept.forget(first);
    expect(await kept.get()).toBe(2);
    kept.forget(first);
    expect(await kept.get()).toBe(2);
  });
});

describe('an abort', () => {
  it('ends the wait for work that goes on', async () => {
    const ending = new AbortController();
    const waiting = orAborted(new Promise(() => {}), ending.signal);
    ending.abort(new Error('over'));
    await expect(waiting).rejects.toThrow('over');
  });

  it('comes at the deadline, or by the caller before it', async () => {
    const forever = () => new Promise(() => {});
    const timeout = () => new Error('too late');
    await expect(withDeadline({ timeoutMs: 0, timeout }, forever)).rejects.toThrow('too late');
    const signal = AbortSignal.abort(new Error('gone'));
    await expect(withDeadline({ timeoutMs: 60_000, signal, timeout }, forever)).rejects.toThrow('gone');
  });
});

it.each([
  ['N-12 é', true],
  ['a\u0000b', false],
  ['a\tb', false],
  ['\ud800', false],
])('a text is printable or not: %j', (text, expected) => {
  expect(isPrintable(text)).toBe(expected);
});
