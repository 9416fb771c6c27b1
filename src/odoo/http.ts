import { OdooError, type OdooErrorCode } from './errors.ts';
import type { CallName, OdooConnection } from './transport.ts';

export interface OdooHttpAnswer {
  status: number;
  text: string;
  /** The parsed body; undefined where it is not JSON (an error page, an answer cut short). */
  json: unknown;
}

/** Error codes of Node's HTTP client that are about time. */
const TIMEOUTS = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'ETIMEDOUT', 'ESOCKETTIMEDOUT']);

/** What a connection that was cut, not refused, fails with. */
const CUTS = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);
/** Bytes from which the size of a request is the likely reason that it was cut; proxies take this much. */
const LARGE_REQUEST = 65_536;

/**
 * The error for a connection that failed. Before the answer began: `odoo.unreachable` (refused, reset, DNS, TLS);
 * after it: `odoo.unavailable`, as for what is no HTTP at all. A large request that was cut before its answer is
 * `odoo.request_cut`.
 *
 * @param requestBytes of the request's body
 */
export function connectionError(
  cause: unknown,
  call: CallName,
  answering: boolean,
  requestBytes = 0,
): OdooError {
  const nested = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const reason = String((nested as { code?: unknown } | null)?.code ?? '');
  if (TIMEOUTS.has(reason)) return new OdooError('odoo.timeout', { ...call, cause });
  if (!answering && CUTS.has(reason) && requestBytes >= LARGE_REQUEST) {
    return new OdooError('odoo.request_cut', { ...call, requestBytes, cause });
  }
  const spoke = answering || reason.startsWith('HPE_');
  return new OdooError(spoke ? 'odoo.unavailable' : 'odoo.unreachable', { ...call, cause });
}

/** One request and its whole answer, whatever its status. Redirects are not followed: they would carry the key. */
export async function exchange(
  connection: OdooConnection,
  path: string,
  request: { method: 'GET' | 'POST'; headers?: Record<string, string>; body?: string; signal: AbortSignal },
  call: CallName,
): Promise<OdooHttpAnswer> {
  const { headers, ...init } = request;
  let response: Response | undefined;
  try {
    response = await connection.fetch(connection.baseUrl + path, {
      ...init,
      // Odoo puts some messages in the language that the request prefers.
      headers: { accept: 'application/json', 'accept-language': 'en-US', ...headers },
      redirect: 'manual',
    });
    const text = await response.text();
    return { status: response.status, text, json: parsed(text) };
  } catch (error) {
    request.signal.throwIfAborted();
    throw connectionError(error, call, response !== undefined, Buffer.byteLength(request.body ?? ''));
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * The error for an answer that Odoo's API did not write: a proxy's error page, a login page, something cut short. All
 * of them may pass, but for 413: a body that is too large stays so, and only half of it may fit.
 */
export function foreignAnswer(status: number, call: CallName): OdooError {
  const cause = new Error(`HTTP ${status}`);
  if (status === 413) {
    const sentence = 'The request is larger than Odoo, or the proxy before it, takes.';
    return new OdooError('odoo.refused', { ...call, sentence, cause });
  }
  const code: OdooErrorCode = status === 401 || status === 403 ? 'odoo.authentication' : 'odoo.unavailable';
  return new OdooError(code, { ...call, cause });
}
