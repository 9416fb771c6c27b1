import { InboxUnavailableError } from '../unavailable.ts';

/**
 * What went wrong, as the inbox's own error. PostgreSQL's messages and details quote values, and those are personal
 * data: only the code and the names of things go on.
 */
export function unavailable(error: unknown): InboxUnavailableError {
  if (error instanceof InboxUnavailableError) return error;
  const { code, constraint, name } = (error ?? {}) as {
    code?: unknown;
    constraint?: unknown;
    name?: unknown;
  };
  if (isSqlState(code)) {
    const what = constraint ? ` on ${String(constraint)}` : '';
    return new InboxUnavailableError(`PostgreSQL refused: ${MEANINGS[code] ?? 'SQLSTATE'} ${code}${what}`);
  }
  if (typeof code === 'string') return new InboxUnavailableError(`PostgreSQL does not answer (${code})`);
  // The driver's own words for time-outs and lost connections have no code, and hold no values.
  const message = error instanceof Error ? error.message : '';
  if (/timeout|terminated|connection|closed|pool/i.test(message) && !/[\n"'`]/.test(message)) {
    return new InboxUnavailableError(`PostgreSQL does not answer (${message.slice(0, 100)})`);
  }
  return new InboxUnavailableError(`the inbox failed (${typeof name === 'string' ? name : typeof error})`);
}

/** Whether the server said so, rather than the way to it. */
export function isSqlState(code: unknown): code is string {
  // No class of them begins with E, as the operating system's codes do (EPIPE).
  return typeof code === 'string' && /^[0-9A-DF-Z][0-9A-Z]{4}$/.test(code);
}

/** The server gave up one of two transactions that ran into each other; doing it again is all that it takes. */
export function isCollision(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return code === '40P01' || code === '40001';
}

const MEANINGS: Readonly<Record<string, string>> = {
  '28000': 'this user may not log in, SQLSTATE',
  '28P01': 'wrong user or password, SQLSTATE',
  '3D000': 'there is no such database, SQLSTATE',
  '42501': 'this user lacks a right, SQLSTATE',
  '53100': 'the disk is full, SQLSTATE',
  '53300': 'too many connections, SQLSTATE',
  '57014': 'it took too long, SQLSTATE',
  '57P01': 'the server is shutting down, SQLSTATE',
  '57P03': 'the server is starting, SQLSTATE',
};
