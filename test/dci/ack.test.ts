import { describe, expect, it } from 'vitest';
import { acknowledge, acknowledgeError } from '../../src/dci/ack.ts';
import { DCI_ERROR_STATUS, DciError } from '../../src/dci/errors.ts';

const context = { correlationId: 'c-1', timestamp: new Date(Date.UTC(2025, 10, 24, 16)) };

describe('an acknowledgement', () => {
  it('has the shape of the specification', () => {
    const common = { timestamp: '2025-11-24T16:00:00.000Z', correlation_id: 'c-1' };
    expect(acknowledge(context)).toEqual({ message: { ack_status: 'ACK', ...common } });
    const error = new DciError('err.request.bad', 'header', 'header is missing');
    expect(acknowledgeError(error, context)).toEqual({
      message: {
        ack_status: 'ERR',
        ...common,
        error: { code: 'err.request.bad', message: 'header is missing' },
      },
    });
  });

  it('cuts a long message, and never leaves half a character', () => {
    const long = { code: 'err.request.bad', message: `${'x'.repeat(998)}😀` } as const;
    const text = acknowledgeError(long, context).message.error?.message ?? '';
    expect(text).toHaveLength(999);
    expect(text.isWellFormed()).toBe(true);
  });
});

describe('the error codes', () => {
  it('are those of the specification', () => {
    expect(DCI_ERROR_STATUS).toEqual({
      'err.request.bad': 400,
      'err.request.unauthorized': 401,
      'err.request.forbidden': 403,
      'err.request.not_found': 404,
      'err.request.timeout': 408,
      'err.request.too_many_requests': 429,
      'err.version.not_supported': 400,
      'err.sender_id.invalid': 401,
      'err.sender_uri.invalid': 400,
      'err.receiver_id.invalid': 400,
      'err.signature.missing': 401,
      'err.signature.invalid': 401,
      'err.encryption.invalid': 400,
      'err.service.unavailable': 503,
    });
  });
});
