import { describe, expect, it } from 'vitest';
import { type MatchingSettings, resolveMatch } from '../../src/openspp/matching.ts';
import { isSamePerson } from '../../src/openspp/same-person.ts';
import { isSameValue, SPELLING, type SpellingRule, spellingsOf } from '../../src/openspp/spellings.ts';
import { READER } from '../events/support.ts';
import { FRESH, MATCHING } from './support.ts';

const rules = (rule: SpellingRule) => ({ normalise: new Map([['NID', rule]]) });
const ALL: SpellingRule = { strip: true, upper: true, digits: true, spellings: ['##-###', '### ###'] };

describe('the spellings of a value', () => {
  it.each([
    [{}, '12-ab', ['12-ab']],
    [{ strip: true }, '12-ab', ['12-ab', '12ab']],
    [{ strip: true }, '12\u2013 34', ['12\u2013 34', '1234']],
    [{ strip: true }, '--', ['--']],
    [{ upper: true }, 'ab1', ['ab1', 'AB1']],
    [{ upper: true }, 'AB1', ['AB1', 'ab1']],
    [{ digits: true }, '१२', ['१२', '12', '١٢', '۱۲']],
    [{ digits: true }, '12', ['12', '١٢', '۱۲']],
    [{ strip: true, spellings: ['##-###'] }, '12345', ['12345', '12-345']],
    [{ strip: true, spellings: ['##-###'] }, '1234', ['1234']],
    [{ strip: true, upper: true, spellings: ['#-#'] }, 'a b', ['a b', 'AB', 'ab', 'A-B', 'a-b']],
  ] as [SpellingRule, string, string[]][])('by %j of %j', (rule, value, expected) => {
    expect(spellingsOf({ type: 'nid', value }, rules(rule))).toEqual(expected);
    for (const one of expected) expect(isSameValue('Nid', one, value, rules(rule))).toBe(true);
  });

  it('of another type, or without a rule, is the value alone', () => {
    for (const value of ['1-2', 'ab', '١']) {
      expect(spellingsOf({ type: 'BRN', value }, rules(ALL))).toEqual([value]);
      expect(spellingsOf({ type: 'NID', value }, MATCHING)).toEqual([value]);
    }
    expect(isSameValue('BRN', '1-2', '12', rules(ALL))).toBe(false);
  });

  it.each(['𝟙𝟚', '𝟘𝟡', '௧௨', '០៩'])('reads the digits %s', (value) => {
    const plain = [...value].map((one) => one.normalize('NFKC')).join('');
    const expected = /^\d+$/.test(plain) ? plain : { '௧௨': '12', '០៩': '09' }[value];
    expect(spellingsOf({ type: 'NID', value }, rules({ digits: true }))[1]).toBe(expected);
  });

  it('are masks of dashes and blanks alone', () => {
    for (const mask of ['####-####', '# #', '##–#']) expect(SPELLING.test(mask)).toBe(true);
    for (const mask of ['', '--', '#/#', '#_#', 'A#', '#%']) expect(SPELLING.test(mask)).toBe(false);
  });
});

describe('matching with a rule', () => {
  const settings = { ...MATCHING, ...rules(ALL) };
  const match = (sent: string, held: Record<string, number[]>, by: MatchingSettings = settings) =>
    resolveMatch(
      { type: 'death', identifiers: [{ type: 'NID', value: sent }] },
      new Map(Object.entries(held)),
      FRESH,
      by,
    );

  it.each([
    ['12-AB3', '12ab3'],
    ['12ab3', '12-AB3'],
    ['١٢ab3', '12AB3'],
    ['12-ab3', '١٢-ab٣'],
  ])('%s is %s in OpenSPP', (sent, stored) => {
    expect(match(sent, { [`1 ${stored}`]: [70] })).toMatchObject({ kind: 'one', registrantId: 70 });
    expect(match(sent, { [`1 ${stored}`]: [70] }, MATCHING)).toEqual({ kind: 'none' });
  });

  it('to two people is an error, also where one of them has the value as sent', () => {
    const held = { '1 12-AB3': [70], '1 12AB3': [71] };
    expect(match('12-AB3', held)).toMatchObject({ kind: 'several' });
    expect(match('12-AB3', held, MATCHING)).toMatchObject({ kind: 'one', registrantId: 70 });
  });

  it('takes two events of one person for the same, however the number is written', () => {
    const row = (value: string) =>
      ({
        id: 1,
        type: 'death',
        date: '2025-01-02',
        personId: null,
        rawData: null,
        identifierType: 'NID',
        identifierValue: value,
      }) as never;
    const event = { type: 'death', rawData: '{}', identifiers: [{ type: 'NID', value: '12-AB3' }] } as never;
    const sought = { event, personId: null, settings, read: READER };
    expect(isSamePerson(row('12ab3'), sought)).toBe(true);
    expect(isSamePerson(row('12ab4'), sought)).toBe(false);
    expect(isSamePerson(row('12ab3'), { ...sought, settings: MATCHING })).toBe(false);
  });
});
