import { expect, it } from 'vitest';
import { en } from '../../src/openspp/texts/en.ts';
import { fr } from '../../src/openspp/texts/fr.ts';
import { requestsEn } from '../../src/openspp/texts/requests-en.ts';
import { requestsFr } from '../../src/openspp/texts/requests-fr.ts';

type Texts = { [name: string]: unknown };

/** The texts of two languages side by side, by their places; functions are called with words that stand for anything. */
function pairs(one: Texts, other: Texts, place = ''): [place: string, one: string, other: string][] {
  return Object.entries(one).flatMap(([name, text]): [string, string, string][] => {
    const at = `${place}.${name}`;
    const translated = other[name];
    if (typeof text === 'string') return [[at, text, String(translated)]];
    if (typeof text === 'function') return [[at, ...said(at, text as Text, translated as Text)]];
    return pairs(text as Texts, translated as Texts, at);
  });
}

type Text = (...args: unknown[]) => unknown;
const WORDS = ['a', 'b', 'c', 'd'];
const THINGS = { programmes: [], householdPlaces: 1, isHead: true, rounds: 1, entitlements: 1 };

function said(place: string, ...texts: Text[]): [string, string] {
  for (const args of [WORDS, [['a'], ['b'], ['c']], [1, 2, 3], [THINGS]]) {
    try {
      const [one, other] = texts.map((text) => text(...args));
      return [String(one), String(other)];
    } catch {
      // Of another kind.
    }
  }
  throw new Error(`${place} takes something else`);
}

const ALL = [...pairs(en, fr), ...pairs(requestsEn, requestsFr)];

it.each(ALL)(
  '%s has one French word for the civil status, and one for the civil registry',
  (_place, one, other) => {
    // In French both could be called “état civil”.
    if (/civil status/i.test(one)) expect(other).toContain('matrimonial');
    if (/\bthe registry\b(?! lock)|\bRegistry (correction|revocation)\b/i.test(one))
      expect(other).toMatch(/état civil/);
    expect(other).not.toMatch(/Le registre a |registre d’état civil/);
  },
);
