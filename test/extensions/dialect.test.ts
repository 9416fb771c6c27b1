import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import flatRecord from '../../examples/flat-record/extension.ts';
import { type JsonObject, parseJson } from '../../src/dci/json.ts';
import { nodeOf } from '../../src/dci/sign.ts';
import { DialectError, readerWith } from '../../src/extensions/dialects.ts';
import type { Extension, ExtensionDialect } from '../../src/extensions/extension.ts';
import { type PlainJson, valueAt } from '../../src/extensions/plain.ts';
import { READER } from '../events/support.ts';
import { keptLog } from '../senders/support.ts';

const SILENT = pino({ level: 'silent' });
const BIRTH = { event_type: 'BIRTH', event_date: '2020-01-01', identifiers: [{ type: 'UIN', value: '1' }] };

const node = (value: unknown) => nodeOf(value as never) as JsonObject;
const extension = (name: string, dialect: ExtensionDialect): Extension => ({ name, api: 1, dialect });
const read = (message: unknown, ...extensions: Extension[]) =>
  readerWith(extensions, SILENT, READER)(node(message), node({ sender_id: 'crvs.flat' }));

describe('a dialect of a country’s own', () => {
  it('reads what the bridge does not know', () => {
    const lines = ['D; 2024-12-01; 199012345678; D-2024-77', 'B;2024-02-29;;B-1'];
    expect(read({ lines }, flatRecord)).toEqual({
      dialect: 'extension:flat-record',
      events: [
        {
          type: 'death',
          date: '2024-12-01',
          identifiers: [
            { type: 'NID', value: '199012345678' },
            { type: 'DRN', value: 'D-2024-77' },
          ],
        },
        { type: 'birth', date: '2024-02-29', identifiers: [{ type: 'BRN', value: 'B-1' }] },
      ],
    });
  });

  it.each([
    ['X;2024-12-01;1;2', 'message.lines[0]: must begin with B, D or M'],
    ['D;2024-02-30;1;2', 'message.lines[0]: must have a day'],
  ])('refuses %s with what the sender is to do', (line, sentence) => {
    const reading = () => read({ lines: [line] }, flatRecord);
    expect(reading).toThrow(sentence);
    expect(reading).toThrow(expect.objectContaining({ code: 'err.request.bad', field: 'message.lines[0]' }));
  });

  it('is asked after the bridge’s, unless it wants to be before', () => {
    const all: ExtensionDialect = { read: () => [] };
    expect(read(BIRTH, extension('after', all)).dialect).toBe('openspp');
    expect(read(BIRTH, extension('first', { ...all, order: 'before' })).dialect).toBe('extension:first');
    expect(read({ a: 1 }, extension('one', { read: () => null }), extension('two', all)).dialect).toBe(
      'extension:two',
    );
    // What is wrong with a message of the bridge's own dialects is reported by those.
    expect(() => read({ event_type: 'BAPTISM' }, extension('after', all))).toThrow('message.event_type');
    expect(() => read({ a: 1 }, extension('one', { read: () => null }))).toThrow('expected notify_event');
  });

  it('gets plain JSON that nobody can change, with every digit', () => {
    let seen: PlainJson = null;
    const spy: ExtensionDialect = {
      read(message, header) {
        seen = [message, header];
        return [];
      },
    };
    const text = '{"n": 12345678901234567890, "small": 1.5, "list": [{"a": null}]}';
    readerWith([extension('spy', spy)], SILENT, READER)(parseJson(text) as JsonObject, node({}));
    expect(seen).toEqual([{ n: '12345678901234567890', small: 1.5, list: [{ a: null }] }, {}]);
    expect(Object.isFrozen(valueAt(seen, 0, 'list', 0))).toBe(true);
  });

  it.each([
    [
      'throws',
      () => {
        throw new TypeError('PRIVATE');
      },
    ],
    ['gives no list', () => 'PRIVATE'],
    ['gives a promise', () => Promise.resolve([])],
    ['gives another type', () => [{ type: 'PRIVATE', date: null, identifiers: [] }]],
    ['gives no day', () => [{ type: 'birth', date: '2024-02-30', identifiers: [] }]],
    [
      'gives a blank identifier',
      () => [{ type: 'birth', date: null, identifiers: [{ type: 'NID', value: ' ' }] }],
    ],
    ['gives another status', () => [{ type: 'birth', date: null, identifiers: [], status: 'PRIVATE' }]],
    ['gives a number', () => [{ type: 'birth', date: null, identifiers: [{ type: 'NID', value: 1 }] }]],
  ])('that %s has the message not taken, and the log name it', (_, reading) => {
    const { log, text } = keptLog();
    const reader = readerWith([extension('wrong', { read: reading as never })], log, READER);
    expect(() => reader(node({ a: 1 }), node({}))).toThrow(DialectError);
    expect(text()).toContain('"extension":"wrong","member":"dialect.read"');
    expect(text()).not.toContain('PRIVATE');
  });

  it('may say that an event was taken back, and leaves white space to the bridge', () => {
    const identifiers = [{ type: ' NID', value: '\t1\u00a0' }];
    const reading = () => [{ type: 'death' as const, date: null, identifiers, status: 'revoked' as const }];
    expect(read({ a: 1 }, extension('revoking', { read: reading })).events).toEqual([
      { type: 'death', date: null, identifiers: [{ type: 'NID', value: '1' }], status: 'revoked' },
    ]);
  });

  it('costs nothing where there is none', () => {
    expect(readerWith([{ name: 'a', api: 1 }], SILENT, READER)).toBe(READER);
  });
});
