import { randomBytes, randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { assertDistinctive, chanceOf, withoutRandom, wordsOf } from './chance.ts';

const ID = '3f2a9b1c-4915-4d27-9c1e-0a5b7d6e8f90';
const LINE = `{"time":1795905600123,"id":"${ID}","msg":"a message was refused"}`;

describe('a check that a value is not in a text', () => {
  it.each([
    ['digits, where there is an id', '4915', LINE],
    ['a few hexadecimal digits', 'beef', randomUUID()],
    ['digits, where there is a time', '2026', 'at 2026-11-28T22:00:00Z'],
    ['digits, where there is a port', '49', 'http://127.0.0.1:49152/'],
    ['letters, where there is a signature', 'kid', `"${randomBytes(300).toString('base64url')}"`],
    ['letters, where there is a key', 'Ann', `"x":"${randomBytes(96).toString('base64')}A1a"`],
  ])('may fail by chance: %s', (_what, value, text) => {
    expect(() => assertDistinctive(['Zebulon Quattlebaum', value], text)).toThrow(`"${value}" may be`);
    expect(() => expect(text.replaceAll(value, '')).not.toContain(value)).toThrow('by chance');
    expect(() => expect(text.replaceAll(value, '')).not.toMatch(new RegExp(`x!|${value}`))).toThrow(
      'by chance',
    );
  });

  it.each([
    ['a long number', '190283746551', LINE],
    ['a name, where there are only ids', 'Lina', LINE],
    ['letters in plain words', 'kid', 'a-sentence-without-any-number-in-it, and others'],
    ['digits, where nothing is random', '4915', 'no number in here'],
  ])('cannot: %s', (_what, value, text) => {
    expect(() => assertDistinctive([value], text)).not.toThrow();
    expect(text).not.toContain(value);
  });

  it('is as likely to fail as its text has places for the value', () => {
    expect(chanceOf('4915', ID)).toBeCloseTo(33 / 16 ** 4, 3);
    expect(chanceOf('', LINE)).toBe(0);
  });

  it('still fails where the value is there', () => {
    expect(() => expect('Zebulon Quattlebaum').not.toContain('Zebulon')).toThrow('not to contain');
    expect(() => expect('190283746551').not.toMatch(/190283746551/)).toThrow('not to match');
  });
});

it('the words of a pattern are its alternatives without operators', () => {
  expect(wordsOf(/Lina|4915|169\.254/)).toEqual(['Lina', '4915', '169.254']);
  expect(wordsOf(/^no|ye+s|\d{4}|(?:a|b)/)).toEqual([]);
});

it('what is random is taken out of a text, and nothing else', () => {
  expect(withoutRandom(LINE)).toBe('{"time":<time>,"id":"<uuid>","msg":"a message was refused"}');
  const said = 'born 2024-02-29, seen 2026-11-28T22:00:00.123Z, UIN 4915 0372 1186';
  expect(withoutRandom(said)).toBe('born <time>, seen <time>, UIN 4915 0372 1186');
});
