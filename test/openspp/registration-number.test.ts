import { describe, expect, it } from 'vitest';
import type { Identifier, VitalEventType } from '../../src/events/vital-event.ts';
import {
  noTypeNote,
  planNumber,
  registrationNumberOf,
  registryIdValues,
} from '../../src/openspp/registration-number.ts';
import { en } from '../../src/openspp/texts/en.ts';
import { FRESH, fields, MATCHING, openspp } from './support.ts';

const UIN = { type: 'UIN', value: 'U-1' };
const event = (type: VitalEventType, ...identifiers: Identifier[]) => ({
  type,
  date: '2024-01-01',
  identifiers,
});

describe('registrationNumberOf', () => {
  const own = openspp({
    idTypes: [...FRESH, { id: 9, code: 'brn' }, { id: 10, code: 'DRN' }, { id: 11, code: 'mrn' }],
  });

  it.each([
    ['birth', 'BRN', 9],
    ['birth', 'brn', 9],
    ['birth', 'BIRTH_REG_NO', 4],
    ['death', 'DRN', 10],
    ['death', 'drn', 10],
    ['marriage', 'MRN', 11],
    ['divorce', 'MRN', 11],
  ] as const)(
    'of a %s is the %s, under the type that has its name, else under an alias',
    (type, sent, idTypeId) => {
      const identifier = { type: sent, value: 'X-1' };
      expect(registrationNumberOf(event(type, UIN, identifier), own, MATCHING)).toEqual({
        identifier,
        idTypeId,
      });
    },
  );

  it('of a birth is a birth_certificate in a fresh OpenSPP', () => {
    const brn = { type: 'BRN', value: 'B-1' };
    expect(registrationNumberOf(event('birth', brn), openspp(), MATCHING)).toMatchObject({ idTypeId: 4 });
  });

  it.each([
    ['death', 'DRN'],
    ['marriage', 'MRN'],
    ['divorce', 'MRN'],
    ['death', 'DEATH_REG_NO'],
  ] as const)('of a %s has no ID type for %s in a fresh OpenSPP', (type, sent) => {
    const missing = { type: sent, value: 'X-1' };
    expect(registrationNumberOf(event(type, missing), openspp(), MATCHING)).toEqual({ missing });
  });

  it.each([
    ['birth', 'DRN'],
    ['death', 'BRN'],
    ['marriage', 'BRN'],
    ['divorce', 'DRN'],
    ['birth', 'UIN'],
  ] as const)('of a %s is never the %s', (type, sent) => {
    expect(registrationNumberOf(event(type, { type: sent, value: 'X' }), own, MATCHING)).toBeNull();
  });

  it('is null where the message carries none', () => {
    expect(registrationNumberOf(event('birth'), own, MATCHING)).toBeNull();
  });
});

describe('planNumber', () => {
  const number = { identifier: { type: 'BRN', value: 'B-2024-0341' }, idTypeId: 4 };
  const live = (id: number, idTypeId: number, value: string) => ({ id, idTypeId, value, source: null });
  it.each([
    ['no ID', [], { store: true }],
    ['an ID of another type', [live(11, 1, 'B-2024-0341')], { store: true }],
    ['this very one', [live(12, 4, 'B-2024-0341')], { store: false, note: 'Stored BRN ending 0341.' }],
    [
      'another of its type',
      [live(11, 1, 'B-2024-0341'), live(13, 4, 'B-2024-0340')],
      {
        store: false,
        note: 'BRN ending 0341 not stored: the registrant already has BRN (birth_certificate) ending 0340.',
      },
    ],
  ])('where the registrant has %s', (_what, ids, plan) => {
    expect(planNumber(number, ids, openspp(), en)).toEqual(plan);
  });
});

it('noTypeNote says what was not stored, and why', () => {
  expect(noTypeNote({ type: 'DRN', value: 'D-2024-0341' }, en)).toBe(
    'DRN ending 0341 not stored: OpenSPP has no ID type for DRN; an administrator can add it.',
  );
});

describe('registryIdValues', () => {
  const number = { identifier: { type: 'BRN', value: 'B-1' }, idTypeId: 4 };
  it('is a valid ID, verified over DCI', () => {
    const all = ['status', 'verification_method', 'verification_date', 'verification_source', 'other'];
    expect(registryIdValues(70, number, 'National CRVS', '2024-12-04 05:06:07', fields(all))).toEqual({
      partner_id: 70,
      id_type_id: 4,
      value: 'B-1',
      status: 'valid',
      verification_method: 'dci_api',
      verification_date: '2024-12-04 05:06:07',
      verification_source: 'National CRVS',
    });
  });

  it('leaves out what this OpenSPP does not have', () => {
    expect(registryIdValues(70, number, 'x', 'now', fields(['status']))).toEqual({
      partner_id: 70,
      id_type_id: 4,
      value: 'B-1',
      status: 'valid',
    });
  });
});
