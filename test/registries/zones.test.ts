import { describe, expect, it } from 'vitest';
import { DEFAULT_NAMING } from '../../src/registries/identifier-names.ts';
import { readBirthDate, readDeath } from '../../src/registries/vital-records.ts';

/** A date-time with a zone says where its registry is: its day there is the day that is printed. */
describe.each([
  ['2024-12-01T00:30:00+14:00', '2024-12-01'],
  ['2024-12-01T23:30:00-11:00', '2024-12-01'],
  ['2024-12-01T23:30:00Z', '2024-12-01'],
  ['2024-12-01T00:00:00', '2024-12-01'],
])('the day of %s', (sent, day) => {
  it('is the registry’s in an answer about a birth', () => {
    expect(readBirthDate({ birth_date: sent })).toBe(day);
  });

  it('is the registry’s in an answer about a death', () => {
    expect(readDeath({ death_date: sent }, DEFAULT_NAMING, Date.UTC(2025, 0, 1))).toMatchObject({
      date: day,
    });
  });
});
