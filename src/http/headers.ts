/**
 * What every answer says: not to be kept, and not to be run, framed or guessed at by a browser that was led here. Given
 * with the answer rather than set before it, which costs a fast path of the server.
 */
export const ANSWER_HEADERS = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
} as const;

/** The id of the request in every answer to a message: the log has it, and so has what came of the message. */
export const REQUEST_ID_HEADER = 'X-Request-Id';
