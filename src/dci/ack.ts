import { type DciErrorCode, truncateMessage } from './errors.ts';

/** An acknowledgement (SPDCI CRVS API v1.0.0, response `Response`). */
export interface Acknowledgement {
  message: {
    /** `ACK`: taken, a callback may follow. `NACK`: taken, nothing follows. `ERR`: not taken. */
    ack_status: 'ACK' | 'NACK' | 'ERR';
    /** ISO 8601. */
    timestamp: string;
    correlation_id: string;
    error?: { code: DciErrorCode; message: string };
  };
}

export interface AckContext {
  correlationId: string;
  timestamp: Date;
}

/**
 * The message was taken.
 *
 * @param incomplete what could not be read of it, although the rest was taken; null where all of it was
 */
export function acknowledge(context: AckContext, incomplete: string | null = null): Acknowledgement {
  const acknowledgement = build('ACK', context);
  if (incomplete !== null) {
    acknowledgement.message.error = { code: 'err.request.bad', message: truncateMessage(incomplete) };
  }
  return acknowledgement;
}

/** The message was taken, and no answer will follow it. */
export function acknowledgeFinally(context: AckContext): Acknowledgement {
  return build('NACK', context);
}

/** The message was not taken. The error's message is cut to what the specification allows. */
export function acknowledgeError(
  error: { code: DciErrorCode; message: string },
  context: AckContext,
): Acknowledgement {
  const acknowledgement = build('ERR', context);
  acknowledgement.message.error = { code: error.code, message: truncateMessage(error.message) };
  return acknowledgement;
}

function build(status: Acknowledgement['message']['ack_status'], context: AckContext): Acknowledgement {
  return {
    message: {
      ack_status: status,
      timestamp: context.timestamp.toISOString(),
      correlation_id: context.correlationId,
    },
  };
}
