import { describe, expect, it } from 'vitest';
import { preferredWait } from '../../src/http/prefer.ts';

describe('Prefer', () => {
  it.each([
    ['wait=10', 10],
    ['wait=0', 0],
    ['wait=30', 30],
    ['wait=31', 30],
    ['wait=999999999', 30],
    ['WAIT=10', 10],
    [' wait = 10 ', 10],
    ['wait="10"', 10],
    ['wait=10; foo=bar', 10],
    ['respond-async, wait=10', 10],
    ['handling=lenient,wait=5,respond-async', 5],
    ['wait=5, wait=20', 5],
  ])('%s waits %i s', (header, seconds) => {
    expect(preferredWait(header)).toBe(seconds);
  });

  it.each([
    [undefined],
    [''],
    ['respond-async'],
    ['wait'],
    ['wait='],
    ['wait=soon'],
    ['wait=-5'],
    ['wait=1.5'],
    ['wait=10x'],
    ['await=10'],
    ['wait=9999999999999'],
    [', ,'],
  ])('%s waits not at all', (header) => {
    expect(preferredWait(header)).toBe(0);
  });
});
