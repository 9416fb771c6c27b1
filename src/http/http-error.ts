import { DCI_ERROR_STATUS, DciError, type DciErrorCode } from '../dci/errors.ts';
import { InboxUnavailableError } from '../inbox/inbox.ts';

/**
 * An answer that is an error of HTTP's rather than of the message; its body has the SPDCI shape too.
 */
export class HttpError extends Error {
  override readonly name: string = 'HttpError';
  readonly status: number;
  readonly code: DciErrorCode;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: DciErrorCode, message: string, status?: number, headers: Record<string, string> = {}) {
    super(message);
    this.code = code;
    this.status = status ?? DCI_ERROR_STATUS[code];
    this.headers = headers;
  }
}

/** A `message_id` that its sender used before with another content. */
export class ConflictError extends HttpError {
  override readonly name = 'ConflictError';

  constructor(message: string) {
    super('err.request.bad', message, 409);
  }
}

/** Seconds after which a sender may try again what could not be taken now. */
const RETRY_AFTER_SECONDS = 5;

/** Nothing can be taken now. */
export class UnreadyError extends HttpError {
  override readonly name = 'UnreadyError';

  constructor(message: string, retryAfterSeconds: number = RETRY_AFTER_SECONDS) {
    super('err.service.unavailable', message, 503, { 'Retry-After': String(retryAfterSeconds) });
  }
}

/** A sender that sends more than it may. */
export class TooManyRequestsError extends HttpError {
  override readonly name = 'TooManyRequestsError';

  /** @param seconds after which it may try again */
  constructor(seconds: number) {
    super('err.request.too_many_requests', 'this sender sends too many messages; send it again later', 429, {
      'Retry-After': String(seconds),
    });
  }
}

/** Names the reason more closely than the code that the sender sees: for the log, the metrics and the page. */
export function because<E extends DciError | HttpError>(reason: string, error: E): E {
  return Object.assign(error, { reason });
}

/** What an error is answered with. */
export interface ErrorAnswer {
  status: number;
  code: DciErrorCode;
  message: string;
  headers: Readonly<Record<string, string>>;
}

/** The answer for whatever was thrown; never with a content of the message. */
export function answerOf(error: unknown): ErrorAnswer {
  if (error instanceof DciError)
    return { status: error.status, code: error.code, message: error.message, headers: {} };
  if (error instanceof HttpError) return error;
  if (error instanceof InboxUnavailableError)
    return new UnreadyError('the message could not be kept; send it again later');
  return new HttpError('err.service.unavailable', 'the request failed by a fault of this service', 500);
}
