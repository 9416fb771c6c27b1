/**
 * The error codes of SPDCI acknowledgements (CRVS API v1.0.0, schema `Error`), each with the HTTP status of an answer
 * that carries it.
 */
export const DCI_ERROR_STATUS = {
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
} as const;

export type DciErrorCode = keyof typeof DCI_ERROR_STATUS;

/** The specification's bound on `error.message`. */
export const MAX_ERROR_MESSAGE_LENGTH = 999;

/** Cuts a text to what an acknowledgement may carry; half a surrogate pair at the cut becomes U+FFFD. */
export function truncateMessage(text: string): string {
  return text.length <= MAX_ERROR_MESSAGE_LENGTH
    ? text
    : text.slice(0, MAX_ERROR_MESSAGE_LENGTH).toWellFormed();
}

/**
 * A message that is refused. `message` says which field and how to fix it, quotes no values, and so is fit both for
 * the sender's eyes and for the log.
 */
export class DciError extends Error {
  override readonly name = 'DciError';
  readonly code: DciErrorCode;
  /** The field at fault, such as `header.message_id`; null where it is the body as a whole. */
  readonly field: string | null;
  /** A code that says it more closely, for the log and the operator, such as `json.duplicate_key`. */
  readonly reason?: string;

  constructor(code: DciErrorCode, field: string | null, message: string, reason?: string) {
    super(truncateMessage(message));
    this.code = code;
    this.field = field;
    if (reason !== undefined) this.reason = reason;
  }

  /** The HTTP status of an answer with this error. */
  get status(): number {
    return DCI_ERROR_STATUS[this.code];
  }
}
