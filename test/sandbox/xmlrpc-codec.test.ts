import { describe, expect, test } from 'vitest';
import {
  encodeFault,
  encodeResponse,
  parseCall,
  XmlSyntaxError,
} from '../../src/sandbox/http/xmlrpc-codec.ts';

const call = (value: string): string =>
  `<?xml version="1.0"?><!-- a call --><methodCall><methodName>m</methodName><params><param>${value}</param></params></methodCall>`;

const VALUES: readonly (readonly [xml: string, value: unknown])[] = [
  ['<value><int>-7</int></value>', -7],
  ['<value><i4>7</i4></value>', 7],
  ['<value><i8>5000000000</i8></value>', 5_000_000_000],
  ['<value><double>1.5</double></value>', 1.5],
  ['<value><boolean>1</boolean></value>', true],
  ['<value><nil/></value>', null],
  ['<value>bare</value>', 'bare'],
  ['<value></value>', ''],
  ['<value/>', ''],
  ['<value><string/></value>', ''],
  ['<value><string>&lt;a&gt; &amp;&#233;&#x1F600;&quot;&apos;</string></value>', '<a> &é😀"\''],
  ['<value><string><![CDATA[<b> & c]]></string></value>', '<b> & c'],
  ['<value><string>a\nb</string></value>', 'a\nb'],
  ['<value><base64>aGVsbG8=</base64></value>', 'hello'],
  ['<value><dateTime.iso8601>20261121T03:57:50</dateTime.iso8601></value>', '2026-11-21 03:57:50'],
  [
    '<value>\n <array>\n <data>\n <value><int>1</int></value> <value>x</value>\n </data></array></value>',
    [1, 'x'],
  ],
  ['<value><struct><member><name>a</name><value><int>1</int></value></member></struct></value>', { a: 1 }],
  ['<value><struct></struct></value>', {}],
];

describe('parseCall', () => {
  test.each(VALUES)('%s', (xml, value) => {
    expect(parseCall(call(xml))).toEqual({ method: 'm', params: [value] });
  });

  test('a call without parameters', () => {
    expect(parseCall('<methodCall><methodName>version</methodName></methodCall>')).toEqual({
      method: 'version',
      params: [],
    });
  });

  test.each([
    ['<bad'],
    [''],
    ['<methodCall><methodName>m</methodName>'],
    ['<a></b>'],
    ['<methodResponse><params/></methodResponse>'],
    [call('<value><int>x</int></value>')],
    [call('<value><boolean>2</boolean></value>')],
    [call('<value><nope/></value>')],
    [call('<value><string>&nope;</string></value>')],
    [`<!DOCTYPE x [<!ENTITY a "aaaa">]>${call('<value>&a;</value>')}`],
  ])('refuses %s', (xml) => {
    expect(() => parseCall(xml)).toThrow(XmlSyntaxError);
  });
});

describe('encoding', () => {
  test('every kind of value', () => {
    const xml = encodeResponse([1, 1.5, true, 'a<b&c>\u0001\t', { k: [] }]);
    expect(xml).toContain('<value><int>1</int></value>');
    expect(xml).toContain('<value><double>1.5</double></value>');
    expect(xml).toContain('<value><boolean>1</boolean></value>');
    expect(xml).toContain('<value><string>a&lt;b&amp;c&gt;\t</string></value>');
    expect(xml).toContain('<name>k</name>\n<value><array><data>\n</data></array></value>');
  });

  test('null cannot be written', () => {
    expect(() => encodeResponse({ a: null })).toThrow('cannot marshal None unless allow_none is enabled');
  });

  test('a fault', () => {
    expect(encodeFault(2, 'no')).toContain('<name>faultString</name>\n<value><string>no</string></value>');
  });
});
