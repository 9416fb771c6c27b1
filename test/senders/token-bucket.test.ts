import { expect, it } from 'vitest';
import { TokenBucket } from '../../src/senders/token-bucket.ts';

const T = 1_764_000_000_000;

it('lets a minute’s worth through at once, then as much as is refilled', () => {
  const bucket = new TokenBucket(60);
  for (let n = 0; n < 60; n++) expect(bucket.take(T)).toBe(0);
  expect(bucket.take(T)).toBe(1);
  expect(bucket.take(T + 1000)).toBe(0);
  expect(bucket.take(T + 1000)).toBe(1);
});

it('never holds more than a minute’s worth', () => {
  const bucket = new TokenBucket(2);
  expect([bucket.take(T), bucket.take(T), bucket.take(T)]).toEqual([0, 0, 30]);
  const later = T + 86_400_000;
  expect([bucket.take(later), bucket.take(later), bucket.take(later)]).toEqual([0, 0, 30]);
});

it('says how long until there is one, and a refused try costs nothing', () => {
  const bucket = new TokenBucket(1);
  expect(bucket.take(T)).toBe(0);
  expect(bucket.take(T + 15_000)).toBe(45);
  expect(bucket.take(T + 59_999)).toBe(1);
  expect(bucket.take(T + 60_000)).toBe(0);
});

it('does not mind a clock that is set back', () => {
  const bucket = new TokenBucket(1);
  expect(bucket.take(T)).toBe(0);
  expect(bucket.take(T - 60_000)).toBe(60);
});
