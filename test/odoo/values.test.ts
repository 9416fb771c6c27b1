import { expect, test } from 'vitest';
import { many2oneId, odooDatetime, parseOdooDatetime, text } from '../../src/odoo/values.ts';

test('a Many2one is its id, whether with its name or bare, and null where empty', () => {
  expect(many2oneId([5, 'CRVS Bridge'])).toBe(5);
  expect(many2oneId(5)).toBe(5);
  for (const empty of [false, null, undefined, [], 'x', ['x', 5], 0]) expect(many2oneId(empty)).toBeNull();
});

test('an empty text field, which Odoo gives as false, is null', () => {
  expect(text('Ana')).toBe('Ana');
  for (const empty of [false, null, undefined, '', 5, true]) expect(text(empty)).toBeNull();
});

test('a Datetime is written in UTC without T, Z and fraction', () => {
  expect(odooDatetime(Date.UTC(2026, 10, 21, 3, 10, 38, 987))).toBe('2026-11-21 03:10:38');
  expect(parseOdooDatetime('2026-11-21 03:10:38')).toBe(Date.UTC(2026, 10, 21, 3, 10, 38));
});

test.each([
  false,
  null,
  '',
  '2026-11-21',
  '2026-11-21T03:10:38Z',
  '2026-02-30 00:00:00',
  '2026-13-01 00:00:00',
])('what is no Datetime is null: %s', (value) => {
  expect(parseOdooDatetime(value)).toBeNull();
});
