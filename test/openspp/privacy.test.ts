import { describe, expect, it } from 'vitest';
import { endingOf, withoutPersonalData } from '../../src/openspp/privacy.ts';

describe('endingOf', () => {
  it.each([
    ['D-2024-00342', '0342'],
    ['12345678', '5678'],
    ['1234567', '567'],
    ['12', '2'],
    ['1', ''],
  ])('of %s is %s: never more than half', (value, ending) => {
    expect(endingOf(value)).toBe(ending);
  });
});

describe('withoutPersonalData', () => {
  const hide = (sentence: string, names: string[], ...values: string[]) =>
    withoutPersonalData(sentence, { names, identifiers: values.map((value) => ({ value })) }, 'somebody');

  it.each([
    ['Jane Doe already has a valid BRN.', ['Jane Doe', 'Jane', 'Doe'], 'somebody already has a valid BRN.'],
    ['JANE DOE is locked', ['Jane Doe'], 'somebody is locked'],
    ['Annual check of Ann', ['Ann'], 'Annual check of somebody'],
    ['Li is locked; limit reached', ['Li'], 'somebody is locked; limit reached'],
    ['王芳已被锁定', ['王芳'], 'somebody已被锁定'],
    ['The value (a+b) of A. B. is bad', ['A. B.'], 'The value (a+b) of somebody is bad'],
  ])('%s', (sentence, names, safe) => {
    expect(hide(sentence, names)).toBe(safe);
  });

  it('keeps the end of an identifier, as a whole word alone', () => {
    expect(hide("The provided BRN ID 'B-2024-0341' is invalid.", [], 'B-2024-0341')).toBe(
      "The provided BRN ID '…0341' is invalid.",
    );
    expect(hide('between 12-34 and 1', [], '12')).toBe('between …2-34 and 1');
    expect(hide('on 2024-12-01 at 12:00', [], '2')).toBe('on 2024-12-01 at 12:00');
  });
});
