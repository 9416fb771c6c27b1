/** What every answer says. Given with the answer rather than set before it, which costs a fast path of the server. */
export const ANSWER_HEADERS = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' } as const;
