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
  const tls = tlsProblem(code, error);
  if (tls !== null) return new InboxUnavailableError(tls);
  if (typeof code === 'string') return new InboxUnavailableError(`PostgreSQL does not answer (${code})`);
  // The driver's own words for time-outs and lost connections have no code, and hold no values.
  const message = error instanceof Error ? error.message : '';
  if (/timeout|terminated|connection|closed|pool/i.test(message) && !/[\n"'`]/.test(message)) {
    return new InboxUnavailableError(`PostgreSQL does not answer (${message.slice(0, 100)})`);
  }
  return new InboxUnavailableError(`the inbox failed (${typeof name === 'string' ? name : typeof error})`);
}

/** What is wrong with TLS, and which parameter of INBOX_URL helps; null where that is not the trouble. */
function tlsProblem(code: unknown, error: unknown): string | null {
  const message = error instanceof Error ? error.message : '';
  if (message === 'The server does not support SSL connections') {
    return 'PostgreSQL has no TLS, which sslmode in INBOX_URL asks for: turn ssl on in PostgreSQL';
  }
  if (typeof code !== 'string') return null;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return 'the certificate of PostgreSQL names another host than INBOX_URL: use the name in the certificate';
  }
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') {
    return `the certificate of PostgreSQL is not valid now (${code}): renew it, or set the clock`;
  }
  if (UNTRUSTED.has(code)) {
    return `the certificate of PostgreSQL is not signed by an authority that the bridge trusts (${code}): name the authority's file in sslrootcert of INBOX_URL`;
  }
  if (/^ERR_SSL_.*(ALERT|CERTIFICATE)/.test(code)) {
    return `PostgreSQL does not take the bridge's client certificate (${code}): check sslcert and sslkey in INBOX_URL, and ssl_ca_file in PostgreSQL`;
  }
  return null;
}

const UNTRUSTED: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_SIGNATURE_FAILURE',
]);

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
  '08P01': 'it, or a connection pooler before it, does not take a parameter in INBOX_URL, SQLSTATE',
  '28000':
    'this user may not log in in this way; it may ask for TLS (sslmode) or a client certificate (sslcert, sslkey), SQLSTATE',
  '28P01': 'wrong user or password, SQLSTATE',
  '3D000': 'there is no such database, SQLSTATE',
  '42501': 'this user lacks a right, SQLSTATE',
  '53100': 'the disk is full, SQLSTATE',
  '53300': 'too many connections, SQLSTATE',
  '57014': 'it took too long, SQLSTATE',
  '57P01': 'the server is shutting down, SQLSTATE',
  '57P03': 'the server is starting, SQLSTATE',
};
