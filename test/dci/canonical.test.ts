import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { canonicalText } from '../../src/dci/canonical.ts';
import { parseJson } from '../../src/dci/json.ts';
import { printJson } from '../../src/dci/json-print.ts';
import { randomFrom, randomObject } from './support.ts';

/** What Python prints; made by `reference/canonical.py`. */
const rows: [string, string][] = JSON.parse(
  readFileSync(new URL('reference/canonical.json', import.meta.url), 'utf8'),
);

describe('canonicalText', () => {
  it.each(rows)('of %s is what Python prints', (text, canonical) => {
    expect(canonicalText(parseJson(text))).toBe(canonical);
  });

  it('has its keys in the order of code points, of which UTF-16 has another', () => {
    const random = randomFrom(11);
    const units = [
      'a',
      '\ud7ff',
      '\ud800',
      '\udbff',
      '\udc00',
      '\udfff',
      '\ue000',
      '\ufffe',
      '\uffff',
      '\u{10000}',
      '\u{10ffff}',
      '\u0000',
    ];
    const points = (key: string) => Array.from(key, (one) => one.codePointAt(0) as number);
    const byPoint = (a: string, b: string) => {
      const [x, y] = [points(a), points(b)];
      const at = x.findIndex((point, i) => point !== y[i]);
      return at === -1 ? x.length - y.length : (x[at] ?? 0) - (y[at] ?? -1);
    };
    for (let n = 0; n < 300; n++) {
      const length = () => Math.floor(random() * 4);
      const key = () =>
        Array.from({ length: length() }, () => units[Math.floor(random() * units.length)]).join('');
      const keys = [...new Set(Array.from({ length: 20 }, key))];
      const printed = canonicalText(new Map(keys.map((one) => [one, null])));
      expect([...Object.keys(JSON.parse(printed))]).toEqual(keys.toSorted(byPoint));
    }
  });

  it('is its own canonical text, and the same for every order of keys and every spacing', () => {
    const random = randomFrom(7);
    for (let n = 0; n < 300; n++) {
      const node = randomObject(random);
      const canonical = canonicalText(node);
      expect(canonicalText(new Map([...node].reverse()))).toBe(canonical);
      expect(canonicalText(parseJson(printJson(node)))).toBe(canonical);
      // Python reads back the infinity that it prints; JSON has none.
      if (!canonical.includes('Infinity')) expect(canonicalText(parseJson(canonical))).toBe(canonical);
    }
  });
});
