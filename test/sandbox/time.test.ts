import { describe, expect, test } from 'vitest';
import { dateIn, localToUtc, parseDate, parseDatetime } from '../../src/sandbox/time.ts';

describe('localToUtc', () => {
  test.each([
    ['2024-05-01 10:00:00', 'UTC', '2024-05-01 10:00:00'],
    ['2024-05-01 10:00:00', 'Asia/Manila', '2024-05-01 02:00:00'],
    ['2024-05-01 10:00:00', 'Asia/Kolkata', '2024-05-01 04:30:00'],
    ['2024-07-01 10:00:00', 'America/New_York', '2024-07-01 14:00:00'],
    ['2024-01-01 10:00:00', 'America/New_York', '2024-01-01 15:00:00'],
    // An hour before and an hour after the clocks go forward.
    ['2024-03-10 01:30:00', 'America/New_York', '2024-03-10 06:30:00'],
    ['2024-03-10 03:30:00', 'America/New_York', '2024-03-10 07:30:00'],
    ['2024-05-01 10:00:00', 'Mars/Base', '2024-05-01 10:00:00'],
  ])('%s in %s is %s', (local, zone, utc) => {
    expect(localToUtc(local, zone)).toBe(utc);
  });
});

test('dateIn gives the day of a place', () => {
  const instant = Date.UTC(2024, 11, 31, 23, 30);
  expect(dateIn(instant, 'UTC')).toBe('2024-12-31');
  expect(dateIn(instant, 'Asia/Manila')).toBe('2025-01-01');
  expect(dateIn(instant, 'Pacific/Honolulu')).toBe('2024-12-31');
});

describe('reading', () => {
  test('dates', () => {
    expect(parseDate('2024-02-29')).toBe('2024-02-29');
    expect(parseDate('2024-2-9')).toBe('2024-02-09');
    expect(parseDate('2024-02-29 23:00:00')).toBe('2024-02-29');
    expect(() => parseDate('2023-02-29')).toThrow('day is out of range for month');
    expect(() => parseDate('0000-01-01')).toThrow('year 0 is out of range');
  });

  test('datetimes, down to the day', () => {
    expect(parseDatetime('2024-02-29 23:59:58')).toBe('2024-02-29 23:59:58');
    expect(parseDatetime('2024-02-29 23:59')).toBe('2024-02-29 23:59:00');
    expect(parseDatetime('2024-02-29')).toBe('2024-02-29 00:00:00');
    expect(() => parseDatetime('2024-02-29 23:59:58Z')).toThrow('unconverted data remains: Z');
  });
});
