import { describe, expect, it } from 'vitest';
import { BatchSize } from '../../src/delivery/batch-size.ts';
import { isTooEarly, nextUtcDay } from '../../src/delivery/future-date.ts';
import { backoffMs } from '../../src/lib/retry.ts';

describe('backoffMs', () => {
  const settings = { initialMs: 1000, maximumMs: 60_000 };
  it.each([
    [1, 1000],
    [2, 2000],
    [3, 4000],
    [6, 32_000],
    [7, 60_000],
    [8, 60_000],
    [1000, 60_000],
    [100_000, 60_000],
  ])('after %i failures waits up to %i ms, and never under a tenth of that', (failures, bound) => {
    expect(backoffMs(failures, settings, 0)).toBe(bound / 10);
    expect(backoffMs(failures, settings, 0.5)).toBe(bound * 0.55);
    expect(backoffMs(failures, settings, 1 - Number.EPSILON)).toBe(bound);
  });

  it('is not the same for all bridges', () => {
    const waits = Array.from({ length: 200 }, () => backoffMs(5, settings));
    expect(new Set(waits).size).toBeGreaterThan(100);
    for (const ms of waits) {
      expect(ms).toBeGreaterThanOrEqual(1600);
      expect(ms).toBeLessThanOrEqual(16_000);
    }
  });

  it('is bound by the maximum even where that is below the first wait', () => {
    expect(backoffMs(1, { initialMs: 1000, maximumMs: 500 }, 1 - Number.EPSILON)).toBe(500);
  });
});

describe('BatchSize', () => {
  const bounds = { first: 100, minimum: 2, maximum: 400, targetCallMs: 1000 };

  it('begins with its setting, within the bounds', () => {
    expect(new BatchSize(bounds).current).toBe(100);
    expect(new BatchSize({ ...bounds, maximum: 30 }).current).toBe(30);
    expect(new BatchSize({ ...bounds, minimum: 150 }).current).toBe(150);
  });

  it('halves with every time-out, down to the minimum', () => {
    const size = new BatchSize(bounds);
    const sizes = Array.from({ length: 7 }, () => {
      size.timedOut();
      return size.current;
    });
    expect(sizes).toEqual([50, 25, 13, 7, 4, 2, 2]);
  });

  it('doubles while Odoo is fast, up to the maximum', () => {
    const size = new BatchSize(bounds);
    const sizes = Array.from({ length: 3 }, () => {
      size.delivered(size.current, 100);
      return size.current;
    });
    expect(sizes).toEqual([200, 400, 400]);
  });

  it('grows no further than the target allows, and shrinks in proportion beyond it', () => {
    const size = new BatchSize(bounds);
    size.delivered(100, 800);
    expect(size.current).toBe(125);
    size.delivered(125, 2500);
    expect(size.current).toBe(50);
  });

  it('stays below what was cut off on its way, also below the minimum', () => {
    const size = new BatchSize(bounds);
    size.cutOff(100);
    expect(size.current).toBe(50);
    size.delivered(50, 1);
    expect(size.current).toBe(50);
    for (const [events, left] of [
      [50, 25],
      [3, 1],
      [2, 1],
    ] as const) {
      size.cutOff(events);
      expect(size.current).toBe(left);
    }
    size.delivered(1, 1);
    expect(size.current).toBe(1);
  });

  it('learns nothing of large batches from a small one', () => {
    const size = new BatchSize(bounds);
    size.delivered(3, 1);
    expect(size.current).toBe(100);
  });
});

describe('a date in the future', () => {
  const LATE = Date.UTC(2024, 11, 31, 23, 59, 59, 999);
  const EARLY = Date.UTC(2024, 11, 31);
  it.each([
    [null, false],
    ['2024-12-30', false],
    ['2024-12-31', false],
    ['2025-01-01', true],
    ['2025-01-02', false],
    ['2099-01-01', false],
  ])('%s on New Year’s Eve is too early: %s', (date, early) => {
    expect(isTooEarly(date, LATE)).toBe(early);
    expect(isTooEarly(date, EARLY)).toBe(early);
  });

  it('is today soon after Odoo’s midnight', () => {
    for (const now of [LATE, EARLY]) expect(nextUtcDay(now)).toBe(Date.UTC(2025, 0, 1, 0, 1));
    expect(isTooEarly('2025-01-01', nextUtcDay(LATE))).toBe(false);
  });
});
