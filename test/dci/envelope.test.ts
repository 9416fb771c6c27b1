import { describe, expect, it } from 'vitest';
import { parseEnvelope } from '../../src/dci/envelope.ts';
import { DciError } from '../../src/dci/errors.ts';
import { HEADER, MESSAGE } from './support.ts';

function body(header: object, rest: object = { signature: 's', message: MESSAGE }): string {
  return JSON.stringify({ ...rest, header });
}

function failure(text: string | Uint8Array): DciError {
  try {
    parseEnvelope(text);
  } catch (error) {
    if (error instanceof DciError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

const MINIMAL = {
  message_id: '1764000000000-x7',
  message_ts: '2025-11-24T16:00:00.000Z',
  action: 'notify',
  sender_id: 'test-client',
};

describe('parseEnvelope', () => {
  it('reads bytes and text alike', () => {
    const text = body(HEADER);
    for (const sent of [text, Buffer.from(text), Buffer.from(`\ufeff${text}`), `\ufeff${text}`]) {
      expect(parseEnvelope(sent)).toMatchObject({
        signature: 's',
        header: {
          version: '1.0.0',
          messageId: 'msg-0001',
          messageTs: '2025-11-24T16:00:00Z',
          action: 'notify',
          senderId: 'crvs.national.gov',
          senderUri: 'https://crvs.national.gov/api',
          receiverId: 'openspp',
          totalCount: 1,
          isMsgEncrypted: false,
          status: null,
          completedCount: null,
        },
      });
    }
  });

  it('reads a callback header', () => {
    const header = {
      ...HEADER,
      status: 'succ',
      status_reason_code: 'rjct.version.invalid',
      completed_count: '2',
    };
    expect(parseEnvelope(body(header)).header).toMatchObject({
      status: 'succ',
      statusReasonCode: 'rjct.version.invalid',
      statusReasonMessage: null,
      completedCount: 2,
    });
  });

  it('is loose where senders are', () => {
    const loose = {
      ...MINIMAL,
      total_count: '1',
      meta: '',
      sender_uri: '',
      receiver_id: null,
      is_msg_encrypted: '',
    };
    expect(parseEnvelope(body(loose)).header).toMatchObject({
      version: '1.0.0',
      totalCount: 1,
      senderUri: null,
      receiverId: null,
      isMsgEncrypted: false,
    });
    expect(parseEnvelope(body({ ...MINIMAL, total_count: [], sender_uri: 7 })).header.totalCount).toBeNull();
  });

  // The messages of the SPDCI compliance suite (common/helpers/payloads.js) and of OpenCRVS's DCI API.
  it.each([
    [
      'compliance: notify',
      { ...MINIMAL, version: '1.0.0', status: 'succ', total_count: 1, completed_count: 1 },
    ],
    ['compliance: on-subscribe', { ...MINIMAL, version: '1.0.0', receiver_id: 'crvs', total_count: 1 }],
    [
      'OpenCRVS: on-search',
      { ...MINIMAL, action: 'search', status: 'succ', total_count: 0, sender_id: 'https://x.org' },
    ],
  ])('accepts what others send: %s', (_name, header) => {
    expect(parseEnvelope(body(header)).header.senderId).toBe(header.sender_id);
    expect(parseEnvelope(body(header, { message: {} })).signature).toBeNull();
    expect(parseEnvelope(body(header, { message: {}, signature: null })).signature).toBeNull();
  });

  it.each(['1.0.0', '1.1.0', '1', '1.0', 'v1.0.0', ''])('takes version %j', (version) => {
    expect(() => parseEnvelope(body({ ...HEADER, version }))).not.toThrow();
  });

  it.each(['2.0.0', '10.0.0', '0.9', 'x'])('does not take version %j', (version) => {
    expect(failure(body({ ...HEADER, version }))).toMatchObject({
      code: 'err.version.not_supported',
      field: 'header.version',
      status: 400,
    });
  });

  it.each([
    ['not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), null],
    ['UTF-16', Buffer.from(body(HEADER), 'utf16le'), null],
    ['a surrogate in UTF-8', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), null],
    ['nothing', '', null],
    ['a form', 'signature=x&header=y', null],
    ['an array', '[]', null],
    ['null', 'null', null],
    ['no header', '{"message":{}}', 'header'],
    ['a header that is an array', '{"header":[],"message":{}}', 'header'],
    ['no message', body(HEADER, { signature: 's' }), 'message'],
    ['a message that is null', body(HEADER, { message: null }), 'message'],
    ['a message that is text', body(HEADER, { message: 'x' }), 'message'],
    ['a signature that is a number', body(HEADER, { signature: 1, message: {} }), 'signature'],
    ['a signature that is an object', body(HEADER, { signature: {}, message: {} }), 'signature'],
    ['a duplicate header', '{"header":{},"header":{},"message":{}}', 'header'],
    ['a duplicate message, escaped', '{"message":{},"m\\u0065ssage":{}}', 'message'],
    ['a duplicate within', '{"header":{"meta":{"a":{},"a":{}}}}', 'header.meta.a'],
    ['message_id missing', body({ ...HEADER, message_id: undefined }), 'header.message_id'],
    ['message_id null', body({ ...HEADER, message_id: null }), 'header.message_id'],
    ['message_id a number', body({ ...HEADER, message_id: 7 }), 'header.message_id'],
    ['message_id empty', body({ ...HEADER, message_id: ' ' }), 'header.message_id'],
    ['message_id long', body({ ...HEADER, message_id: 'x'.repeat(256) }), 'header.message_id'],
    ['message_id with a line break', body({ ...HEADER, message_id: 'a\nb' }), 'header.message_id'],
    ['message_id with a lone surrogate', body({ ...HEADER, message_id: 'a\ud800' }), 'header.message_id'],
    ['action missing', body({ ...HEADER, action: undefined }), 'header.action'],
    ['sender_id missing', body({ ...HEADER, sender_id: undefined }), 'header.sender_id'],
    ['sender_id with NUL', body({ ...HEADER, sender_id: 'a\u0000' }), 'header.sender_id'],
    ['message_ts missing', body({ ...HEADER, message_ts: undefined }), 'header.message_ts'],
    ['message_ts a number', body({ ...HEADER, message_ts: 1764000000 }), 'header.message_ts'],
    ['message_ts in words', body({ ...HEADER, message_ts: 'yesterday' }), 'header.message_ts'],
    ['message_ts on no day', body({ ...HEADER, message_ts: '2025-02-30T00:00:00Z' }), 'header.message_ts'],
    [
      'is_msg_encrypted in words',
      body({ ...HEADER, is_msg_encrypted: 'perhaps' }),
      'header.is_msg_encrypted',
    ],
    ['version an object', body({ ...HEADER, version: {} }), 'header.version'],
  ])('refuses %s and names the field', (_name, sent, field) => {
    const error = failure(sent);
    expect(error).toMatchObject({ code: 'err.request.bad', field, status: 400 });
    if (field !== null) expect(error.message).toContain(field);
  });

  it('reads on after bytes that were not UTF-8', () => {
    expect(failure(Buffer.from([0xf0, 0x9f])).code).toBe('err.request.bad');
    expect(parseEnvelope(Buffer.from(body(HEADER))).signature).toBe('s');
  });

  it('quotes nothing, however it fails, and stays within 999 characters', () => {
    const texts = [
      `{"Jane":{${'"Roe":{'.repeat(99)}`,
      `{"header":{${Array(90).fill('"meta_meta_meta_meta_meta_meta_meta_meta":{').join('')}"a":Roe`,
      body({ ...HEADER, message_id: ['Jane Roe'] }),
      body({ ...HEADER, version: 'Jane Roe' }),
    ];
    for (const text of texts) {
      const { message } = failure(text);
      expect(message.length).toBeLessThanOrEqual(999);
      expect(message).not.toContain('Jane Roe');
    }
  });
});

describe('contentDigest', () => {
  it('is the same for what says the same, however its header is stamped', () => {
    const digest = (text: string) => parseEnvelope(text).contentDigest();
    const plain = digest(body(HEADER));
    expect(plain).toMatch(/^[0-9a-f]{64}$/);
    expect(digest(body(HEADER, { message: MESSAGE, signature: 'other', extra: 1 }))).toBe(plain);
    expect(digest(body({ ...HEADER, message_ts: '2025-11-24T16:00:01Z' }))).toBe(plain);
    expect(digest(body({ ...HEADER, action: 'on-search' }))).not.toBe(plain);
    expect(digest(body(HEADER, { message: { ...MESSAGE, other: 1 }, signature: 'x' }))).not.toBe(plain);
  });
});
