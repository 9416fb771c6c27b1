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
