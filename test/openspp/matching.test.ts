import { describe, expect, it } from 'vitest';
import type { Identifier, VitalEventType } from '../../src/events/vital-event.ts';
import {
  isSharedNumber,
  type Match,
  type RegistryIdIndex,
  resolveMatch,
  severalMatchesMessage,
} from '../../src/openspp/matching.ts';
import { en } from '../../src/openspp/texts/en.ts';
import { type IdType, idTypeTiers } from '../../src/openspp/vocabulary.ts';
import { FRESH, MATCHING } from './support.ts';

const [NATIONAL_ID, PASSPORT, , BIRTH_CERTIFICATE] = [1, 2, 3, 4];
const BRN = 9;
const MRN = 11;
const OWN: IdType[] = [...FRESH, { id: BRN, code: 'brn' }, { id: MRN, code: 'MRN' }, { id: 12, code: 'Uin' }];

/** Who holds which ID: `{ '1 N-1': [70] }`. */
const index = (held: Record<string, number[]>): RegistryIdIndex => new Map(Object.entries(held));
/** `UIN=N-1` → an identifier. */
const identifier = (text: string): Identifier => {
  const [type = '', value = ''] = text.split('=');
  return { type, value };
};
const one = (registrantId: number): Match => ({ kind: 'one', registrantId });

function match(
  identifiers: string[],
  held: Record<string, number[]>,
  idTypes: readonly IdType[] = FRESH,
  type: VitalEventType = 'birth',
): Match {
  const event = { type, date: '2024-01-01', identifiers: identifiers.map(identifier) };
  return resolveMatch(event, index(held), idTypes, MATCHING);
}

describe('idTypeTiers', () => {
  it.each([
    ['national_id', FRESH, [[1]]],
    ['National_Id', FRESH, [[1], [1]]],
    ['passport', FRESH, [[2], [2]]],
    ['UIN', FRESH, [[], [1]]],
    ['uin', FRESH, [[], [1]]],
    ['UIN', OWN, [[12], [1]]],
    ['BRN', OWN, [[9], [4]]],
    ['BIRTH_REG_NO', OWN, [[], [4]]],
    ['DRN', OWN, [[]]],
    ['XYZ', OWN, [[]]],
    [
      'tax',
      [
        { id: 5, code: 'tax' },
        { id: 6, code: 'TAX' },
      ],
      [[5, 6]],
    ],
  ] as [string, IdType[], number[][]][])('of %s', (sent, idTypes, tiers) => {
    // `national_id` is itself a type with an alias, which is itself.
    const expected = sent === 'national_id' ? [...tiers, [1]] : tiers;
    expect(idTypeTiers(sent, idTypes, MATCHING.aliases)).toEqual(expected);
  });
});

describe('resolveMatch', () => {
  it.each([
    ['the code as sent', 'passport=P', { '2 P': [70] }],
    ['the code in capitals', 'PASSPORT=P', { '2 P': [70] }],
    ['the code in any case', 'PassPort=P', { '2 P': [70] }],
    ['an alias', 'UIN=N', { '1 N': [70] }],
    ['an alias, in any case', 'nin=N', { '1 N': [70] }],
    ['the alias of a BRN', 'BRN=B', { '4 B': [70] }],
  ])('finds by %s', (_what, sent, held) => {
    expect(match([sent], held)).toMatchObject(one(70));
  });

  it.each([
    ['no identifiers', [], { '1 N': [70] }],
    ['a value nobody has', ['UIN=other'], { '1 N': [70] }],
    ['a value in another case', ['UIN=n'], { '1 N': [70] }],
    ['a type that OpenSPP does not have', ['DRN=N'], { '1 N': [70] }],
    ['a value that somebody has under another type', ['PASSPORT=N'], { '1 N': [70] }],
    ['a name that every object has', ['constructor=N', '__proto__=N'], { '1 N': [70] }],
  ])('finds nobody with %s', (_what, sent, held) => {
    expect(match(sent, held as Record<string, number[]>)).toEqual({ kind: 'none' });
  });

  it('asks an alias only where the code as sent leads to nobody', () => {
    expect(match(['BRN=B'], { '9 B': [70], '4 B': [71] }, OWN)).toMatchObject(one(70));
    expect(match(['BRN=B'], { '4 B': [71] }, OWN)).toMatchObject(one(71));
  });

  it('uses all identifiers', () => {
    expect(match(['DRN=D', 'XYZ=1', 'PASSPORT=P'], { '2 P': [70] })).toMatchObject(one(70));
  });

  it('is content where several lead to the same registrant', () => {
    const held = { '1 N': [70], '2 P': [70], '4 B': [70, 70] };
    expect(match(['UIN=N', 'PASSPORT=P', 'BRN=B', 'NID=N'], held)).toMatchObject(one(70));
  });

  it.each([
    ['two identifiers', ['UIN=N', 'PASSPORT=P'], { '1 N': [70], '2 P': [71] }],
    ['one value that two have', ['UIN=N'], { '1 N': [70, 71] }],
    ['two types that differ in case alone', ['UIN=N'], { '12 N': [70, 71] }],
    ['two values of one type', ['UIN=N', 'UIN=M'], { '1 N': [70], '1 M': [71] }],
  ])('is a conflict where %s lead to two registrants', (_what, sent, held) => {
    expect(match(sent, held as Record<string, number[]>, OWN)).toMatchObject({
      kind: 'several',
      leads: [{ registrantId: 70 }, { registrantId: 71 }],
    });
  });

  it('names the leads in the order of preference, whatever the message’s', () => {
    const held = { '1 N': [70], '2 P': [71], '4 B': [72] };
    for (const sent of [
      ['PASSPORT=P', 'BRN=B', 'uin=N'],
      ['BRN=B', 'uin=N', 'PASSPORT=P'],
    ]) {
      expect(match(sent, held, FRESH, 'death')).toEqual({
        kind: 'several',
        leads: [
          { type: 'uin', registrantId: 70 },
          { type: 'BRN', registrantId: 72 },
          { type: 'PASSPORT', registrantId: 71 },
        ],
      });
    }
  });

  it('puts types without a preference last, in the message’s order', () => {
    const types = [...FRESH, { id: 20, code: 'a' }, { id: 21, code: 'b' }];
    expect(match(['b=1', 'a=1', 'UIN=N'], { '20 1': [70], '21 1': [71], '1 N': [72] }, types)).toEqual({
      kind: 'several',
      leads: [
        { type: 'UIN', registrantId: 72 },
        { type: 'b', registrantId: 71 },
        { type: 'a', registrantId: 70 },
      ],
    });
  });

  describe('with a number that spouses share', () => {
    it.each(['marriage', 'divorce'] as const)(
      'asks it last in a %s: it may lead to the other one',
      (type) => {
        const held = { [`${MRN} M`]: [71], '1 N': [70] };
        expect(match(['MRN=M', 'UIN=N'], held, OWN, type)).toMatchObject(one(70));
        expect(match(['mrn=M', 'UIN=unknown'], held, OWN, type)).toMatchObject(one(71));
      },
    );

    it('is a conflict where both spouses have it and nothing else decides', () => {
      expect(match(['MRN=M'], { [`${MRN} M`]: [70, 71] }, OWN, 'marriage').kind).toBe('several');
    });

    it('counts like any other in an event of another type', () => {
      const held = { [`${MRN} M`]: [71], '1 N': [70] };
      expect(match(['MRN=M', 'UIN=N'], held, OWN, 'death').kind).toBe('several');
      expect(match(['BRN=B', 'UIN=N'], { '4 B': [71], '1 N': [70] }, FRESH, 'death').kind).toBe('several');
    });

    it('is shared by two people in a birth or a death too, and says where else it leads', () => {
      expect(match(['BRN=B', 'UIN=N'], { '4 B': [71], '1 N': [70] }, FRESH, 'birth')).toEqual({
        kind: 'one',
        registrantId: 70,
        by: 'UIN',
        unknown: [],
        elsewhere: [{ type: 'BRN', registrantId: 71 }],
      });
      expect(match(['BRN=B', 'UIN=M'], { '4 B': [71] }, FRESH, 'birth')).toMatchObject({
        kind: 'one',
        registrantId: 71,
        unknown: [{ type: 'UIN', value: 'M' }],
      });
    });

    it('does not settle a conflict of the others', () => {
      const held = { [`${MRN} M`]: [70], '1 N': [70], '2 P': [71] };
      expect(match(['MRN=M', 'UIN=N', 'PASSPORT=P'], held, OWN, 'marriage').kind).toBe('several');
    });
  });

  it('does not change the event', () => {
    const identifiers = Object.freeze(['PASSPORT=P', 'UIN=N'].map(identifier));
    const event = { type: 'birth', date: null, identifiers: identifiers as Identifier[] } as const;
    expect(resolveMatch(event, index({ [`${NATIONAL_ID} N`]: [70] }), FRESH, MATCHING)).toMatchObject(
      one(70),
    );
    expect(resolveMatch(event, index({ [`${PASSPORT} P`]: [70] }), FRESH, MATCHING)).toMatchObject(one(70));
    expect(resolveMatch(event, index({ [`${BIRTH_CERTIFICATE} P`]: [70] }), FRESH, MATCHING).kind).toBe(
      'none',
    );
  });
});

describe('isSharedNumber', () => {
  it.each([
    ['marriage', 'MRN', true],
    ['marriage', 'mrn', true],
    ['divorce', 'MRN', true],
    ['divorce', 'DIVORCE_REG_NO', true],
    ['marriage', 'UIN', false],
    ['death', 'DRN', true],
    ['death', 'MRN', false],
    ['death', 'BRN', false],
    ['birth', 'BRN', true],
    ['identity', 'BRN', false],
  ] as const)('in a %s, %s: %s', (type, sent, shared) => {
    expect(isSharedNumber({ type }, { type: sent, value: '1' }, MATCHING)).toBe(shared);
  });
});

it('a conflict names a few of the thousands who share a placeholder', () => {
  const leads = Array.from({ length: 5000 }, (_, registrantId) => ({ type: 'NID', registrantId }));
  const message = severalMatchesMessage(leads, en);
  expect(message).toContain('NID to registrant 9, …');
  expect(message.length).toBeLessThan(400);
});

it('a conflict names the records’ ids, not by the identifiers', () => {
  const message = severalMatchesMessage(
    [
      { type: 'UIN', registrantId: 70 },
      { type: 'BRN', registrantId: 71 },
    ],
    en,
  );
  expect(message).toBe(
    'The identifiers lead to different registrants (UIN to registrant 70, BRN to registrant 71). Nobody was changed.',
  );
});
