import { expect, it } from 'vitest';
import { newReference } from '../../src/inbox/reference.ts';
import { NOON } from './support.ts';

it.each([
  ['birth', /^CRVS-BIRTH-20240615120000-[0-9A-HJKMNP-TV-Z]{8}$/],
  ['death', /^CRVS-DEATH-20240615120000-[0-9A-HJKMNP-TV-Z]{8}$/],
  ['marriage', /^CRVS-MARRIAGE-20240615120000-[0-9A-HJKMNP-TV-Z]{8}$/],
  ['divorce', /^CRVS-DIVORCE-20240615120000-[0-9A-HJKMNP-TV-Z]{8}$/],
] as const)('the reference of a %s looks like OpenSPP’s', (type, look) => {
  expect(newReference(type, NOON)).toMatch(look);
});

it('a reference is unique within a second', () => {
  const references = Array.from({ length: 5000 }, () => newReference('birth', NOON));
  expect(new Set(references).size).toBe(5000);
});
