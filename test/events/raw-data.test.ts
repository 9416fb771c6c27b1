import { describe, expect, it } from 'vitest';
import { keptContent, rawDataOf as printed } from '../../src/events/raw-data.ts';

const rawDataOf = (body: string, position = 0) => printed(keptContent(body), position);

describe('rawDataOf', () => {
  it('is header and message, indented by 2, in the sender’s order', () => {
    const body =
      '{"message":{"b":1,"a":[]},"signature":"secret","extra":1,"header":{"message_id":"m","meta":{}}}';
    expect(rawDataOf(body)).toBe(
      [
        '{',
        '  "header": {',
        '    "message_id": "m",',
        '    "meta": {}',
        '  },',
        '  "message": {',
        '    "b": 1,',
        '    "a": []',
        '  }',
        '}',
      ].join('\n'),
    );
  });

  it.each(['100.0', '1e-05', '12345678901234567890123', '-0', '1.10', '1E+22'])(
    'keeps the number %s as it was sent',
    (number) => {
      expect(rawDataOf(`{"header": {}, "message": {"n": ${number}}}`)).toContain(`"n": ${number}\n`);
    },
  );

  it('keeps every script as it is, however it was spelled', () => {
    const raw = rawDataOf('{"header": {}, "message": {"name": "አበበ \\u12A0 😀 \\ud83d\\ude00 é"}}');
    expect(raw).toContain('"name": "አበበ አ 😀 😀 é"');
  });

  it('can be read again and says the same', () => {
    const content = { header: { a: '"\\\n\u0001' }, message: { list: [1, [null, true], {}] } };
    expect(JSON.parse(rawDataOf(JSON.stringify({ signature: 's', ...content })))).toEqual(content);
  });

  it('is the same for the same body', () => {
    const body = '{"header": {"x": 1}, "message": {"y": 2}}';
    expect(rawDataOf(body)).toBe(rawDataOf(body));
  });

  describe('of a message with several records', () => {
    const record = (value: string) => ({ identifier: { identifier_type: 'UIN', identifier_value: value } });
    const item = (reg_records: unknown) => ({
      reference_id: 'r',
      data: { reg_event_type: 'Death', reg_records },
    });
    const body = (...items: unknown[]) =>
      JSON.stringify({
        signature: 's',
        header: { h: 1 },
        message: { transaction_id: 't', notify_event: items },
      });

    it('has the event’s own record, and nobody else’s', () => {
      const many = body(item([record('a'), {}, record('b')]), item({}), item(record('c')));
      const own = (position: number) => JSON.parse(rawDataOf(many, position)).message;
      expect(own(0)).toEqual({ transaction_id: 't', notify_event: [item([record('a')])] });
      expect(own(1)).toEqual({ transaction_id: 't', notify_event: [item([record('b')])] });
      expect(own(2)).toEqual({ transaction_id: 't', notify_event: [item(record('c'))] });
    });

    it('is the message as received where it has one record', () => {
      const one = body(item([{}, record('a')]), item([]));
      expect(JSON.parse(rawDataOf(one)).message).toEqual(JSON.parse(one).message);
    });
  });
});
