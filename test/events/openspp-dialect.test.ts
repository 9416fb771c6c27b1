import { describe, expect, it } from 'vitest';
import { read, refusal } from './support.ts';

const UIN = { type: 'UIN', value: '123456789' };
const DEATH = { event_type: 'DEATH', event_date: '2024-12-01', identifiers: [UIN] };

describe('OpenSPP’s dialect', () => {
  it('reads the contract’s example', () => {
    expect(
      read({
        event_type: 'DEATH',
        event_date: '2024-12-01',
        identifiers: [UIN, { type: 'DRN', value: 'D-2024-12345' }],
        person: { name: 'John Doe', birth_date: '1990-01-15' },
      }),
    ).toEqual({
      dialect: 'openspp',
      events: [
        { type: 'death', date: '2024-12-01', identifiers: [UIN, { type: 'DRN', value: 'D-2024-12345' }] },
      ],
    });
  });

  it.each([
    ['BIRTH', 'birth'],
    ['LiveBirth', 'birth'],
    ['death', 'death'],
    ['spdci-common:RegistryEventType:Marriage', 'marriage'],
    ['Divorce', 'divorce'],
  ])('reads event_type %s', (event_type, type) => {
    expect(read({ ...DEATH, event_type }).events[0]?.type).toBe(type);
  });

  it.each([[undefined], [null], ['']])('reads event_date %j as none', (event_date) => {
    expect(read({ ...DEATH, event_date }).events[0]?.date).toBeNull();
  });

  it('reads the day of a date-time', () => {
    expect(read({ ...DEATH, event_date: '2024-12-01T23:00:00+03:00' }).events[0]?.date).toBe('2024-12-01');
  });

  it.each([
    ['none', undefined, []],
    ['null', null, []],
    ['an empty array', [], []],
    ['an empty object', [{}], []],
    ['one object', UIN, [UIN]],
    ['a value that is missing', [{ type: 'UIN' }, UIN], [UIN]],
    ['a value that is null', [{ type: 'UIN', value: null }, UIN], [UIN]],
    ['a value that is empty', [{ type: 'UIN', value: '' }, UIN], [UIN]],
    ['one twice', [UIN, UIN], [UIN, UIN]],
    ['white space around', [{ type: ' UIN\t', value: '\u00a01 2\r\n' }], [{ type: 'UIN', value: '1 2' }]],
    ['other scripts', [{ type: 'UIN', value: 'አ-é-😀' }], [{ type: 'UIN', value: 'አ-é-😀' }]],
    ['more members', [{ ...UIN, issued: '2020' }], [UIN]],
  ])('reads identifiers: %s', (_what, identifiers, expected) => {
    expect(read({ ...DEATH, identifiers }).events[0]?.identifiers).toEqual(expected);
  });

  it.each([
    ['123456789', '123456789'],
    ['12345678901234567890123', '12345678901234567890123'],
    ['0', '0'],
    ['-7', '-7'],
  ])('reads the number %s to the digit', (sent, value) => {
    const message = `{"event_type": "DEATH", "identifiers": [{"type": "UIN", "value": ${sent}}]}`;
    expect(read(message).events[0]?.identifiers).toEqual([{ type: 'UIN', value }]);
  });

  it.each([
    ['event_type that is no string', { ...DEATH, event_type: 7 }, 'message.event_type'],
    ['event_type null', { ...DEATH, event_type: null }, 'message.event_type'],
    ['event_type empty', { ...DEATH, event_type: '' }, 'message.event_type'],
    ['an adoption', { ...DEATH, event_type: 'ADOPTION' }, 'message.event_type'],
    ['a foetal death', { ...DEATH, event_type: 'x:FoetalDeath' }, 'message.event_type'],
    ['a date that is none', { ...DEATH, event_date: '2024-02-30' }, 'message.event_date'],
    ['a date that is a number', { ...DEATH, event_date: 20241201 }, 'message.event_date'],
    ['a date that is an object', { ...DEATH, event_date: {} }, 'message.event_date'],
    ['identifiers that are text', { ...DEATH, identifiers: 'UIN' }, 'message.identifiers'],
    ['an identifier that is text', { ...DEATH, identifiers: [UIN, 'x'] }, 'message.identifiers[1]'],
    [
      'an identifier without a type',
      { ...DEATH, identifiers: [{ value: '1' }] },
      'message.identifiers[0].type',
    ],
    [
      'a type that is empty',
      { ...DEATH, identifiers: [{ type: '', value: '1' }] },
      'message.identifiers[0].type',
    ],
    [
      'a type that is blank',
      { ...DEATH, identifiers: [{ type: ' ', value: '1' }] },
      'message.identifiers[0].type',
    ],
    [
      'a type that is an object',
      { ...DEATH, identifiers: [{ type: {}, value: '1' }] },
      'message.identifiers[0].type',
    ],
    [
      'a value that is blank',
      { ...DEATH, identifiers: [{ type: 'A', value: ' ' }] },
      'message.identifiers[0].value',
    ],
    [
      'a value that is true',
      { ...DEATH, identifiers: [{ type: 'A', value: true }] },
      'message.identifiers[0].value',
    ],
    ['a fraction', { ...DEATH, identifiers: [{ type: 'A', value: 1.5 }] }, 'message.identifiers[0].value'],
    [
      'a value in an array',
      { ...DEATH, identifiers: [{ type: 'A', value: ['1'] }] },
      'message.identifiers[0].value',
    ],
    ['NUL', { ...DEATH, identifiers: [{ type: 'A', value: '1\u00002' }] }, 'message.identifiers[0].value'],
    [
      'a line break',
      { ...DEATH, identifiers: [{ type: 'A', value: '1\n2' }] },
      'message.identifiers[0].value',
    ],
    [
      'a C1 control',
      { ...DEATH, identifiers: [{ type: 'A', value: '1\u0085' }] },
      'message.identifiers[0].value',
    ],
    [
      'half a pair',
      { ...DEATH, identifiers: [{ type: 'A', value: '\ud83d' }] },
      'message.identifiers[0].value',
    ],
    [
      'a tab in the type',
      { ...DEATH, identifiers: [{ type: 'A\tB', value: '1' }] },
      'message.identifiers[0].type',
    ],
    ['one bad object', { ...DEATH, identifiers: { type: 'A', value: true } }, 'message.identifiers.value'],
  ])('refuses %s and names the field', (_what, message, field) => {
    const error = refusal(message);
    expect(error).toMatchObject({ code: 'err.request.bad', field });
    expect(error.message).toContain(field);
  });

  it('never quotes the value', () => {
    for (const message of [
      { ...DEATH, event_type: 'SECRET-1' },
      { ...DEATH, event_date: 'SECRET-1' },
      { ...DEATH, identifiers: 'SECRET-1' },
      { ...DEATH, identifiers: [{ type: 'A', value: 'SECRET-1\n2' }] },
      { ...DEATH, identifiers: [{ value: 'SECRET-1' }] },
    ]) {
      expect(refusal(message).message).not.toContain('SECRET-1');
    }
  });
});
