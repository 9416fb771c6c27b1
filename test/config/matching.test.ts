import { expect, it } from 'vitest';
import { loadSettings } from '../../src/config/load.ts';
import { matchingSchema } from '../../src/config/matching.ts';

it('identifier types are settings without regard to letter case', () => {
  const settings = matchingSchema.parse({
    order: ['uin', 'BRN'],
    aliases: { uin: ['national_id'], Brn: ['birth_certificate', 'brn'] },
    normalise: { nid: { strip: true } },
    registration_numbers: { birth: ['brn'], death: ['Drn'], marriage: [], divorce: ['MRN'] },
  });
  expect(settings.aliases).toEqual(
    new Map([
      ['UIN', ['national_id']],
      ['BRN', ['birth_certificate', 'brn']],
    ]),
  );
  expect(settings.normalise).toEqual(new Map([['NID', { strip: true }]]));
  expect(settings.registrationNumbers).toEqual({
    birth: new Set(['BRN']),
    death: new Set(['DRN']),
    marriage: new Set(),
    divorce: new Set(['MRN']),
  });
});

it('the defaults know each event’s registration number', () => {
  const { registrationNumbers } = loadSettings({}).matching;
  expect(registrationNumbers.birth.has('BRN')).toBe(true);
  expect(registrationNumbers.death.has('DRN')).toBe(true);
  expect(registrationNumbers.marriage.has('MRN')).toBe(true);
  expect(registrationNumbers.divorce.has('MRN')).toBe(true);
});
