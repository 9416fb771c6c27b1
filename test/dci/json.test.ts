import { describe, expect, it } from 'vitest';
import {
  isJsonObject,
  type JsonNode,
  JsonNumber,
  type JsonObject,
  JsonSyntaxError,
  parseJson,
} from '../../src/dci/json.ts';
import { equalJson } from '../../src/dci/json-equal.ts';
import { identifierText, toPlain } from '../../src/dci/json-plain.ts';
import { printJson } from '../../src/dci/json-print.ts';
import { cpuMs } from '../cpu-time.ts';
import { randomFrom, randomObject } from './support.ts';

function failure(text: string): JsonSyntaxError {
  try {
    parseJson(text);
  } catch (error) {
    if (error instanceof JsonSyntaxError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

function member(node: JsonNode, key: string): JsonNode | undefined {
  return isJsonObject(node) ? node.get(key) : undefined;
}

describe('parseJson', () => {
  it('keeps numbers as they were sent', () => {
    const texts = ['0', '-0', '100.0', '1e5', '1E+5', '-1.50e-07', '123456789012345678901234567890'];
    const list = parseJson(`[${texts.join(' , ')}]`);
    expect(list).toEqual(texts.map((text) => new JsonNumber(text)));
  });

  it('keeps the order of keys, also of those that look like indexes', () => {
    const node = parseJson('{"b":1,"10":2,"9":3,"a":4}');
    expect(isJsonObject(node) && [...node.keys()]).toEqual(['b', '10', '9', 'a']);
  });

  it('gives no meaning to __proto__ and constructor', () => {
    const node = parseJson('{"__proto__":{"admin":true},"constructor":1}');
    expect(member(member(node, '__proto__') ?? null, 'admin')).toBe(true);
    expect(member(node, 'admin')).toBeUndefined();
    expect({}).not.toHaveProperty('admin');
  });

  it('reads every escape', () => {
    expect(parseJson(String.raw`"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00\ud800"`)).toBe('"\\/\b\f\n\r\té😀\ud800');
  });

  it('reads white space as the RFC has it, and no other', () => {
    expect(parseJson(' \t\r\n[ \n1 , 2\t] ')).toHaveLength(2);
    for (const space of ['\u00a0', '\ufeff', '\u2028', '\f', '\v']) {
      expect(failure(`${space}[]`).code).toBe('json.unexpected');
    }
  });

  it.each([
    ['', 'json.truncated'],
    ['{', 'json.truncated'],
    ['{"a"', 'json.truncated'],
    ['{"a":', 'json.truncated'],
    ['{"a":1', 'json.truncated'],
    ['{"a":1,', 'json.truncated'],
    ['[1,', 'json.truncated'],
    ['"a', 'json.truncated'],
    ['"a\\', 'json.truncated'],
    ['"a\\"', 'json.truncated'],
    ['{"a":1,}', 'json.unexpected'],
    ['[1,]', 'json.unexpected'],
    ['[,1]', 'json.unexpected'],
    ['[1 2]', 'json.unexpected'],
    ['{a:1}', 'json.unexpected'],
    ["{'a':1}", 'json.unexpected'],
    ['{"a" 1}', 'json.unexpected'],
    ['{"a":1}{', 'json.unexpected'],
    ['[] []', 'json.unexpected'],
    ['nul', 'json.unexpected'],
    ['True', 'json.unexpected'],
    ['NaN', 'json.unexpected'],
    ['Infinity', 'json.unexpected'],
    ['-Infinity', 'json.bad_number'],
    ['// x\n1', 'json.unexpected'],
    ['01', 'json.unexpected'],
    ['1.', 'json.unexpected'],
    ['.5', 'json.unexpected'],
    ['+1', 'json.unexpected'],
    ['0x10', 'json.unexpected'],
    ['1e', 'json.unexpected'],
    ['-', 'json.bad_number'],
    ['-a', 'json.bad_number'],
    ['1'.repeat(4301), 'json.bad_number'],
    ['"\t"', 'json.bad_string'],
    ['"\u0000"', 'json.bad_string'],
    ['"\\x41"', 'json.bad_string'],
    ['"\\u12"', 'json.bad_string'],
    ['"\\u00zz"', 'json.bad_string'],
    ['"\\U0041"', 'json.bad_string'],
    ['{"a":1,"a":1}', 'json.duplicate_key'],
    ['{"a":1,"\\u0061":2}', 'json.duplicate_key'],
    ['{"":1,"":1}', 'json.duplicate_key'],
    ['{"__proto__":1,"__proto__":1}', 'json.duplicate_key'],
  ])('refuses %j: %s', (text, code) => {
    expect(failure(text).code).toBe(code);
  });

  it('takes keys that only look alike', () => {
    expect(parseJson('{"a":1,"A":2,"a ":3,"\\u0430":4}')).toHaveProperty('size', 4);
    // The same letter, composed and decomposed: two keys, as for Python.
    expect(parseJson('{"\u00e9":1,"e\u0301":2}')).toHaveProperty('size', 2);
  });

  it('names the path of a duplicate key', () => {
    const error = failure(
      '{"message":{"other":[1],"identifiers":[{"type":"a"},{"type":"b","value":"c","type":"b"}]}}',
    );
    expect(error).toMatchObject({ code: 'json.duplicate_key', path: 'message.identifiers[1].type' });
    expect(error.message).toContain('message.identifiers[1].type');
  });

  it('quotes neither values nor keys that may be values', () => {
    const messages = [
      failure('{"name":"Jane Roe","name":"Jane Roe"}'),
      failure('{"people":{"Jane Roe":{"UIN-123456":1,"UIN-123456":1}}}'),
      failure('{"name":"Jane Roe\u0001"}'),
      failure('{"name":Jane Roe}'),
    ].map((error) => error.message + error.path);
    for (const message of messages) expect(message).not.toMatch(/Jane|Roe|123456/);
    expect(messages[1]).toContain('people[?][?]');
  });

  it('takes any depth, and refuses what is too deep', () => {
    expect(failure('['.repeat(10_000)).code).toBe('json.too_deep');
    expect(failure('{"a":'.repeat(10_000)).code).toBe('json.too_deep');
    expect(() => parseJson('['.repeat(100) + ']'.repeat(100))).not.toThrow();
    expect(failure('['.repeat(101) + ']'.repeat(101)).code).toBe('json.too_deep');
    expect(() => parseJson('[[]]', { maxDepth: 1 })).toThrow(JsonSyntaxError);
  });

  it('counts depth, not brackets', () => {
    expect(parseJson(`[${'[],{},'.repeat(1000)}[]]`)).toHaveLength(2001);
  });

  it('shows no value in the place of a key, in a text that lost a piece', () => {
    // Found by fuzzing: bytes cut out between a key and a value, or one quote.
    for (const text of [
      '{"message":{"reg_recordsmith"}]}}]}}',
      '{"message":{"type":"UIN","quattlebaum","value":"1"}}',
      '{"message":{"type":"UIN","quattlebaum',
      '{"message":{"quattlebaum" 1}}',
      '{"message":{"Quattlebaum":{"type" 1}}}',
    ]) {
      const error = failure(text);
      expect(error.path).toMatch(/^message(?:\.type|\[\?\])?$/);
      expect(error.message).not.toMatch(/smith|quattlebaum/i);
    }
    expect(failure('{"message":{"type":"UIN" "value":1}}').path).toBe('message.type');
  });

  it('takes 2000 members in one object and no more, and reads no further', () => {
    // 24,000 of them in half a megabyte took 0.15 s to put in order.
    const object = (count: number) =>
      `{${Array.from({ length: count }, (_, i) => `"${String.fromCodePoint(0x10000 + i)}":0`).join(',')}}`;
    expect((parseJson(object(2000)) as JsonObject).size).toBe(2000);
    for (const count of [2001, 24_000]) {
      expect(failure(`{"message":${object(count)}}`)).toMatchObject({
        code: 'json.too_many_members',
        path: 'message.[?]'.replace('.', ''),
      });
    }
  });

  it('takes 50,000 values and no more, wherever they are', () => {
    const flat = (count: number) => `[${'0,'.repeat(count - 2)}0]`;
    expect(parseJson(flat(50_000))).toHaveLength(49_999);
    expect(failure(flat(50_001))).toMatchObject({ code: 'json.too_many_values', path: '[49999]' });
    expect(failure(`[${'{"a":[{}]},'.repeat(16_667)}0]`).code).toBe('json.too_many_values');
    expect(parseJson('[[0],0]', { maxValues: 4 })).toHaveLength(2);
    expect(() => parseJson('[[0],0]', { maxValues: 3 })).toThrow(JsonSyntaxError);
  });

  it('reads strings of a mebibyte at once', () => {
    const taken = cpuMs(() => {
      expect(parseJson(`"${'a'.repeat(1 << 20)}"`)).toHaveLength(1 << 20);
      expect(parseJson(`"${'\\n'.repeat(1 << 19)}"`)).toHaveLength(1 << 19);
      expect(failure(`"${'a'.repeat(1 << 20)}`).code).toBe('json.truncated');
    });
    expect(taken).toBeLessThan(1000);
  });
});

describe('printJson', () => {
  it('prints for people, with the sender’s order and numbers', () => {
    const node = parseJson(
      '{"b":[1.0,{"é":"😀\\u2028/\\u0001"}],"a":{},"c":[],"1":-0,"s":"\\ud800","n":null}',
    );
    expect(printJson(node)).toBe(
      [
        '{',
        '  "b": [',
        '    1.0,',
        '    {',
        '      "é": "😀\u2028/\\u0001"',
        '    }',
        '  ],',
        '  "a": {},',
        '  "c": [],',
        '  "1": -0,',
        '  "s": "\\ud800",',
        '  "n": null',
        '}',
      ].join('\n'),
    );
  });

  it('prints one line without spaces for an indent of 0', () => {
    expect(printJson(parseJson('{ "a" : [ 1 , "" ] , "": { } }'), 0)).toBe('{"a":[1,""],"":{}}');
  });

  it('is read back as the same value, and as JSON.parse reads it', () => {
    const random = randomFrom(20251124);
    for (let n = 0; n < 500; n++) {
      const node = randomObject(random);
      expect(equalJson(parseJson(printJson(node)), node)).toBe(true);
      expect(equalJson(parseJson(printJson(node, 0)), node)).toBe(true);
      expect(JSON.parse(printJson(node, 0))).toBeTypeOf('object');
    }
  });
});

describe('equalJson', () => {
  it.each([
    ['1', '1.0'],
    ['1', '1e0'],
    ['100', '1e2'],
    ['100', '0.1E+3'],
    ['0', '-0'],
    ['0.0', '0e99999999999999999999'],
    ['1e400', '10e399'],
    ['0.001', '1e-3'],
    ['{"a":1,"b":[true,null]}', '{"b":[true,null],"a":1.0}'],
    ['"\\u00e9"', '"é"'],
  ])('%s equals %s', (a, b) => {
    expect(equalJson(parseJson(a), parseJson(b))).toBe(true);
  });

  it.each([
    ['9007199254740993', '9007199254740992'],
    ['0.1', '0.1000000000000000055511151231257827'],
    ['1e400', '1e401'],
    ['1', '-1'],
    ['1', '10'],
    ['1', '"1"'],
    ['1', 'true'],
    ['0', 'false'],
    ['0', 'null'],
    ['[]', '{}'],
    ['[1]', '[1,1]'],
    ['[1,2]', '[2,1]'],
    ['{"a":1}', '{"a":1,"b":null}'],
    ['{"a":null}', '{"b":null}'],
    ['{"__proto__":1}', '{"a":1}'],
    ['"\u00e9"', '"e\u0301"'],
    ['""', 'null'],
  ])('%s does not equal %s', (a, b) => {
    expect(equalJson(parseJson(a), parseJson(b))).toBe(false);
    expect(equalJson(parseJson(b), parseJson(a))).toBe(false);
  });

  it('takes no time for long runs of zeros', () => {
    const zeros = '0'.repeat(4000);
    const many = (end: string) => parseJson(`[${Array(200).fill(`1${zeros}1${end}`).join(',')}]`);
    const taken = cpuMs(() => expect(equalJson(many('e-1'), many('0e-2'))).toBe(true));
    expect(taken).toBeLessThan(1000);
  });
});

describe('toPlain', () => {
  it('gives ordinary values', () => {
    expect(toPlain(parseJson('{"a":[1,2.5,"x",null,true],"b":{"c":100.0}}'))).toEqual({
      a: [1, 2.5, 'x', null, true],
      b: { c: 100 },
    });
  });

  it('never changes a number silently', () => {
    expect(toPlain(parseJson('9007199254740993'))).toEqual(new JsonNumber('9007199254740993'));
    expect(toPlain(parseJson('9007199254740991'))).toBe(9007199254740991);
    expect(toPlain(parseJson('1e400'))).toEqual(new JsonNumber('1e400'));
  });

  it('sets no prototype', () => {
    const plain = toPlain(parseJson('{"__proto__":{"admin":true},"constructor":1}')) as Record<
      string,
      unknown
    >;
    expect(Object.getPrototypeOf(plain)).toBeNull();
    expect(Object.keys(plain)).toEqual(['constructor']);
    expect({ ...plain }).not.toHaveProperty('admin');
  });
});

describe('identifierText', () => {
  it.each([
    ['"00123"', '00123'],
    ['123', '123'],
    ['-0', '0'],
    ['123456789012345678901234567890', '123456789012345678901234567890'],
    ['1.5', null],
    ['1e400', null],
    ['true', null],
    ['null', null],
    ['["1"]', null],
  ])('of %s is %s, of the node and of its plain value', (text, expected) => {
    expect(identifierText(parseJson(text))).toBe(expected);
    expect(identifierText(toPlain(parseJson(text)))).toBe(expected);
  });

  it('is none for a fraction, whose spelling no signature covers', () => {
    expect(identifierText(parseJson('123.0'))).toBeNull();
  });
});
