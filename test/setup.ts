/** Refuses checks that may fail by chance, in all tests: see `chance.ts`. */
import { chai } from 'vitest';
import { assertDistinctive, wordsOf } from './chance.ts';

/** This file runs again before each test file. */
const DONE = Symbol.for('openspp-crvs-bridge: distinctive');
const { prototype } = chai.Assertion as unknown as { prototype: Record<symbol, boolean> };

if (!prototype[DONE]) {
  prototype[DONE] = true;
  chai.use(({ Assertion }, { overwriteMethod, flag }) => {
    for (const method of ['toContain', 'toMatch']) {
      overwriteMethod(
        Assertion.prototype,
        method,
        (asserted: (this: unknown, expected: unknown) => void) =>
          function (this: Chai.AssertionStatic, expected: unknown) {
            const text: unknown = flag(this, 'object');
            if (flag(this, 'negate') && typeof text === 'string') {
              assertDistinctive(expected instanceof RegExp ? wordsOf(expected) : [String(expected)], text);
            }
            return asserted.call(this, expected);
          },
      );
    }
  });
}
