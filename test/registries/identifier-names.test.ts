import { expect, it } from 'vitest';
import { loadSettings } from '../../src/config/load.ts';
import { DEFAULT_NAMING, isSameType } from '../../src/registries/identifier-names.ts';
import { keptSubject, readKeptSubject } from '../../src/registries/subject.ts';

it('programs without settings name identifier types as the default settings do', () => {
  const { aliases, registrationNumbers } = loadSettings({}).matching;
  expect(DEFAULT_NAMING).toEqual({ aliases, registrationNumbers });
});

it.each<[string, string, boolean]>([
  ['UIN', 'uin', true],
  ['UIN', 'NID', true],
  ['national_id', 'NATIONAL_ID', true],
  ['BRN', 'birth_certificate', true],
  ['DRN', 'DEATH_REG_NO', true],
  ['BRN', 'DRN', false],
  ['UIN', 'BRN', false],
  ['tax_id', 'national_id', false],
])('%s and %s are the same type: %s', (one, other, same) => {
  expect(isSameType(one, other, DEFAULT_NAMING)).toBe(same);
  expect(isSameType(other, one, DEFAULT_NAMING)).toBe(same);
});

it('an identifier is known again by what is kept of it, which does not say it', () => {
  const kept = keptSubject({ type: 'A type: with, all', value: '123456789' }, 'NID');
  expect(kept).not.toContain('123456789');
  expect(kept).not.toContain(' ');
  const subject = readKeptSubject(kept);
  expect(subject?.types).toEqual(['A type: with, all', 'NID']);
  expect(subject?.is('123456789')).toBe(true);
  expect(subject?.is('123456780')).toBe(false);
  expect(keptSubject({ type: 'UIN', value: '1' }, 'UIN')).not.toBe(
    keptSubject({ type: 'UIN', value: '1' }, 'UIN'),
  );
  for (const none of ['', 'x', 'a:b', 'a:b:c:d']) expect(readKeptSubject(none)).toBeNull();
});
