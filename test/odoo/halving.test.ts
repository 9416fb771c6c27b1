import { expect, test } from 'vitest';
import { OdooError, type OdooErrorCode } from '../../src/odoo/errors.ts';
import { tryTogether } from '../../src/odoo/halving.ts';

const error = (code: OdooErrorCode) =>
  new OdooError(code, { protocol: 'json2', model: 'm', method: 'create' });

/** An attempt that refuses every call with a bad item in it, and how often it was asked. */
function attempts(bad: ReadonlySet<number>, code: OdooErrorCode = 'odoo.refused') {
  const sizes: number[] = [];
  const attempt = async (items: readonly number[]) => {
    sizes.push(items.length);
    if (items.some((item) => bad.has(item))) throw error(code);
    return items.map((item) => `r${item}`);
  };
  return { sizes, attempt };
}

const upTo = (n: number) => Array.from({ length: n }, (_, index) => index);

test('all good: one call, each item with its own result', async () => {
  const { sizes, attempt } = attempts(new Set());
  const { done, refused } = await tryTogether(upTo(5), attempt);
  expect(done).toEqual(upTo(5).map((item) => ({ item, result: `r${item}` })));
  expect(refused).toEqual([]);
  expect(sizes).toEqual([5]);
});

test('nothing to try: no call', async () => {
  const { sizes, attempt } = attempts(new Set());
  expect(await tryTogether([], attempt)).toEqual({ done: [], refused: [] });
  expect(sizes).toEqual([]);
});

test.each([0, 41, 127])(
  'one bad item of 128 (number %i) costs 1 + 2·7 calls and refuses it alone',
  async (bad) => {
    const { sizes, attempt } = attempts(new Set([bad]));
    const { done, refused } = await tryTogether(upTo(128), attempt);
    expect(refused.map(({ item }) => item)).toEqual([bad]);
    expect(refused[0]?.error.code).toBe('odoo.refused');
    expect(done.map(({ item }) => item)).toEqual(upTo(128).filter((item) => item !== bad));
    expect(sizes).toHaveLength(15);
  },
);

test('several bad items: both lists keep the order, and results stay with their items', async () => {
  const { attempt } = attempts(new Set([1, 2, 6]));
  const { done, refused } = await tryTogether(upTo(7), attempt);
  expect(refused.map(({ item }) => item)).toEqual([1, 2, 6]);
  expect(done).toEqual([0, 3, 4, 5].map((item) => ({ item, result: `r${item}` })));
});

test.each<OdooErrorCode>([
  'odoo.unreachable',
  'odoo.timeout',
  'odoo.unavailable',
  'odoo.conflict',
  'odoo.authentication',
])('%s propagates at once', async (code) => {
  const { sizes, attempt } = attempts(new Set([3]), code);
  await expect(tryTogether(upTo(8), attempt)).rejects.toMatchObject({ code });
  expect(sizes).toEqual([8]);
});

test('what is no OdooError propagates at once', async () => {
  const bug = new TypeError('bug');
  await expect(tryTogether([1, 2], () => Promise.reject(bug))).rejects.toBe(bug);
});

test('a model that does not exist refuses all items after one call', async () => {
  const { sizes, attempt } = attempts(new Set([3]), 'odoo.unknown_model');
  const { refused } = await tryTogether(upTo(8), attempt);
  expect(refused.map(({ item }) => item)).toEqual(upTo(8));
  expect(sizes).toEqual([8]);
});

test('an attempt that answers fewer results than items is a bug, not a result', async () => {
  await expect(tryTogether([1, 2], async () => ['r1'])).rejects.toThrow(TypeError);
});
