import { describe, expect, it } from 'vitest';
import { nodeOf } from '../../src/dci/sign.ts';
import { dayOf, readDate } from '../../src/events/dates.ts';
import { isTimeZone, timeZone } from '../../src/events/time-zone.ts';

describe('dayOf, where the registry is', () => {
  it.each([
    ['America/La_Paz', '2024-12-01T03:59:00Z', '2024-11-30'],
    ['America/La_Paz', '2024-12-01T04:00:00Z', '2024-12-01'],
    // A date that a system printed as midnight in UTC is not the day before.
    ['America/La_Paz', '2024-12-01T00:00:00.000Z', '2024-12-01'],
    ['Pacific/Kiritimati', '2024-12-31T10:00Z', '2025-01-01'],
    // Summer time, and the year of the calendar rather than that of the week.
    ['Europe/Tirane', '2024-07-01T22:00:00Z', '2024-07-02'],
    ['Europe/Tirane', '2024-12-31T22:59:59Z', '2024-12-31'],
  ])('in %s %s is %s', (name, text, day) => {
    expect(dayOf(text, timeZone(name))).toBe(day);
  });

  it('leaves what names no zone, and what is no time, as it is printed', () => {
    const zone = timeZone('Pacific/Kiritimati');
    for (const text of ['2024-12-01', '2024-12-01T23:00:00', '2024-12-01T99:99:00Z']) {
      expect(dayOf(text, zone)).toBe('2024-12-01');
    }
  });

  it('knows no zone that there is not', () => {
    expect(isTimeZone('Africa/Kampala')).toBe(true);
    expect(isTimeZone('Africa/Nowhere')).toBe(false);
  });
});

describe('dayOf', () => {
  it.each([
    ['2024-12-01', '2024-12-01'],
    ['  2024-12-01\n', '2024-12-01'],
    ['2024-02-29', '2024-02-29'],
    ['1899-12-31', '1899-12-31'],
    ['1850-01-01', '1850-01-01'],
    ['2024-1-5', '2024-01-05'],
    ['2024/01/05', '2024-01-05'],
    ['2024/1/5 08:00:00', '2024-01-05'],
    ['\u00a02024-12-01\t', '2024-12-01'],
    ['9999-12-31', '9999-12-31'],
    ['2024-12-01T10:00:00Z', '2024-12-01'],
    ['2024-12-01T23:59:59.999Z', '2024-12-01'],
    ['2024-12-01 00:00:00', '2024-12-01'],
    ['2024-12-01T10:00', '2024-12-01'],
  ])('reads %j', (text, day) => {
    expect(dayOf(text)).toBe(day);
  });

  it.each(['2024-12-01T00:30:00+14:00', '2024-12-01T23:30:00-12:00', '2024-12-01T00:00:00.000+05:30'])(
    'takes the day as the registry printed it: %s',
    (text) => {
      expect(dayOf(text)).toBe('2024-12-01');
    },
  );

  it.each([
    '',
    ' ',
    'yesterday',
    '2024',
    '2024-12',
    '2024-13-01',
    '2024-00-10',
    '2024-12-00',
    '2024-02-30',
    '2023-02-29',
    '1900-02-29',
    '2024-04-31',
    '0000-01-01',
    '24-12-01',
    '2024/12-01',
    '2024-1-32',
    '0001-01-01',
    '1849-12-31',
    '20241201',
    '01/12/2024',
    '2024-12-01x',
    '2024-12-01T',
    'x2024-12-01',
    '+002024-12-01',
    '-2024-12-01',
    '２０２４-12-01',
  ])('reads no day in %j', (text) => {
    expect(dayOf(text)).toBeNull();
  });
});

describe('readDate', () => {
  it.each([
    [undefined, { kind: 'none', why: null }],
    [null, { kind: 'none', why: null }],
    ['', { kind: 'none', why: null }],
    [' \u00a0', { kind: 'none', why: null }],
    [[], { kind: 'none', why: null }],
    [[null], { kind: 'none', why: null }],
    ['2023-07', { kind: 'none', why: 'date.partial' }],
    ['1958', { kind: 'none', why: 'date.partial' }],
    [1958, { kind: 'none', why: 'date.partial' }],
    ['1958-00-00', { kind: 'none', why: 'date.partial' }],
    ['1958-05-00', { kind: 'none', why: 'date.partial' }],
    ['1958/05', { kind: 'none', why: 'date.partial' }],
    ['0001-01-01', { kind: 'none', why: 'date.implausible' }],
    ['0202-05-03', { kind: 'none', why: 'date.implausible' }],
    ['1849-12-31', { kind: 'none', why: 'date.implausible' }],
    ['0000-00-00', { kind: 'none', why: 'date.implausible' }],
    ['0001-01-01T00:00:00Z', { kind: 'none', why: 'date.implausible' }],
    [['2019-09-21T11:20:00'], { kind: 'day', day: '2019-09-21' }],
    ['2024-07-01T00:00:00+02:00', { kind: 'day', day: '2024-07-01' }],
    [[2024, 12, 1, 0, 0], { kind: 'refused' }],
    [['2024-12-01', '2024-12-02'], { kind: 'refused' }],
    [[['2024-12-01']], { kind: 'refused' }],
    ['2023-13', { kind: 'refused' }],
    ['0202-13-40', { kind: 'refused' }],
    ['yesterday', { kind: 'refused' }],
    [20241201, { kind: 'refused' }],
    [true, { kind: 'refused' }],
    [{ date: '2024-12-01' }, { kind: 'refused' }],
  ])('%j is %j', (sent, read) => {
    expect(readDate(sent === undefined ? undefined : nodeOf(sent as never))).toEqual(read);
  });
});
