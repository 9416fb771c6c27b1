import { expect, test } from 'vitest';
import { wireJson, withContext } from '../../src/odoo/wire.ts';

const sent = (value: unknown) => JSON.parse(wireJson(value));

test('what every protocol carries goes as it is', () => {
  const values = [
    'Ana',
    'é 😀 日本',
    'tab\t, lf\n, cr\r',
    '\u007f\u0085',
    '\\u0000 in words',
    0,
    1.5,
    true,
    null,
    ['x'],
  ];
  expect(sent(values)).toEqual(values);
});

test.each([
  ['NUL', 'a\0b'],
  ['a control character', 'a\u0001b'],
  ['backspace', 'a\bb'],
  ['form feed', 'a\fb'],
  ['a lone high surrogate', 'a\ud800b'],
  ['a lone low surrogate', 'a\udc00b'],
  ['a noncharacter', 'a\uffffb'],
])('%s becomes U+FFFD, so that it can match no other text', (_name, text) => {
  expect(sent({ vals: { name: text } })).toEqual({ vals: { name: 'a\ufffdb' } });
});

test('undefined arguments are left out', () => {
  expect(sent({ domain: [], limit: undefined })).toEqual({ domain: [] });
});

test('a context names language and time zone unless the caller does', () => {
  expect(withContext({ ids: [1] })).toEqual({ ids: [1], context: { lang: 'en_US', tz: 'UTC' } });
  expect(withContext({ context: { tz: 'Asia/Manila', tracking_disable: true } })).toEqual({
    context: { lang: 'en_US', tz: 'Asia/Manila', tracking_disable: true },
  });
});
