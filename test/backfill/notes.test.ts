import { expect, it } from 'vitest';
import { backfillNotes, ignoresRange } from '../../src/backfill/notes.ts';
import type { Source } from '../../src/registries/source.ts';

const source = (over: Partial<Source>): Source => ({
  code: 'crvs_main',
  origin: 'configuration',
  name: 'CRVS',
  baseUrl: 'https://crvs.example.org',
  dialect: 'opencrvs',
  senderId: 'us',
  receiverId: 'them',
  auth: { type: 'none' },
  ...over,
});

it('what an OpenCRVS lacks is said before a catch-up', () => {
  expect(backfillNotes(source({ dialect: 'spdci' }), ['birth', 'death', 'marriage'])).toEqual([]);
  expect(backfillNotes(source({}), ['birth'])).toEqual([]);
  const notes = backfillNotes(source({}), ['death', 'marriage']);
  expect(notes).toHaveLength(2);
  expect(notes[0]).toContain('without a date');
  expect(notes[1]).toContain('--slice-days');
});

it('an OpenCRVS 1.x takes no notice of the range of marriages', () => {
  expect(ignoresRange({ dialect: 'opencrvs' }, 'marriage')).toBe(true);
  expect(ignoresRange({ dialect: 'opencrvs' }, 'death')).toBe(false);
  expect(ignoresRange({ dialect: 'opencrvs', queryStyle: 'idtype-value' }, 'marriage')).toBe(false);
  expect(ignoresRange({ dialect: 'spdci' }, 'marriage')).toBe(false);
});
