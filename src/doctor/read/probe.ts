import { connect } from 'node:tls';
import type { OdooConnection } from '../../odoo/transport.ts';

/** Why there was no HTTP answer. */
export type ProbeFailure =
  | 'refused'
  | 'dns'
  | 'tls'
  | 'timeout'
  | 'network'
  | 'not-http'
  /** The URL says https, and the port speaks plain HTTP. */
  | 'plain-http'
  /** The URL says http, and the port speaks TLS. */
  | 'needs-tls';

/** What answers at ODOO_URL, as far as it shows without a login. */
export type Probe =
  | {
      kind: 'odoo';
      /** Such as `19.0`. */
      version: string;
      /** Null where the version could not be read. */
      major: number | null;
      /** How far the server's clock is ahead of this machine's; null where it did not send the time. */
      clockAheadMs: number | null;
      /** Whether it can open the database; null where it does not say. */
      hasDatabase: boolean | null;
    }
  | { kind: 'failed'; failure: ProbeFailure; code: string }
  /**
   * Something else that speaks HTTP; `redirect` is the origin that it sends to, `odooAt` the address without its path
   * where an Odoo answers there.
   */
  | { kind: 'foreign'; status: number; redirect: string | null; odooAt: string | null };

const TIMEOUT_MS = 10_000;
/** For finding out which of http and https a port speaks. */
const SCHEME_MS = 3000;
/** HTTP dates have whole seconds, so the moment is on average half a second later. */
const HALF_A_SECOND_MS = 500;

/**
 * Asks, without a login, what answers at the address: the page that Odoo 19 has for its version, and on any other
 * answer the question that every Odoo knows. Never rejects for what the network does.
 */
export async function probe(connection: ProbedConnection): Promise<Probe> {
  const page = await ask(connection, '/web/version', { method: 'GET' });
  const needsTls = connection.baseUrl.startsWith('http:') && isTlsAnswer(page);
  if (needsTls && (await speaksTls(connection))) return { kind: 'failed', failure: 'needs-tls', code: 'TLS' };
  if ('failure' in page) {
    const isPlain = page.failure === 'tls' && (await speaksPlainHttp(connection));
    return { kind: 'failed', ...page, ...(isPlain && { failure: 'plain-http' }) };
  }
  const found = page.status === 200 ? versionOf(page.json) : null;
  const version = found ?? versionOf(await call(connection, 'common', 'version', []));
  if (version) {
    const { clockAheadMs } = page;
    const answer = await call(connection, 'db', 'db_exist', [connection.db]);
    return {
      kind: 'odoo',
      ...version,
      clockAheadMs,
      hasDatabase: typeof answer === 'boolean' ? answer : null,
    };
  }
  const { status, redirect } = page;
  return { kind: 'foreign', status, redirect, odooAt: await odooWithoutPath(connection) };
}

type ProbedConnection = Pick<OdooConnection, 'baseUrl' | 'db' | 'fetch'>;

/** What a method of Odoo's own services gives that needs no login; undefined where it gives nothing. */
async function call(
  connection: ProbedConnection,
  service: string,
  method: string,
  args: string[],
): Promise<unknown> {
  const answer = await ask(connection, '/jsonrpc', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', method: 'call', id: 1, params: { service, method, args } }),
  });
  return 'failure' in answer ? undefined : (answer.json as { result?: unknown } | null)?.result;
}

/** The address without its path, where that is an Odoo's, such as of `https://odoo.example.org/web`. */
async function odooWithoutPath(connection: ProbedConnection): Promise<string | null> {
  const { origin, pathname } = new URL(connection.baseUrl);
  if (pathname === '/') return null;
  const page = await ask({ ...connection, baseUrl: origin }, '/web/version', { method: 'GET' });
  return 'failure' in page || !versionOf(page.json) ? null : origin;
}

/** A server of TLS that is spoken to in plain HTTP closes the connection, or answers with status 400. */
const isTlsAnswer = (page: Page | { failure: ProbeFailure }): boolean =>
  'failure' in page ? ['network', 'not-http'].includes(page.failure) : page.status === 400;

async function speaksTls({ baseUrl }: ProbedConnection): Promise<boolean> {
  const { hostname: host, port } = new URL(baseUrl);
  // Nothing is sent: whose certificate it is does not matter yet.
  const socket = connect({ host, port: Number(port) || 80, rejectUnauthorized: false, timeout: SCHEME_MS });
  return new Promise((resolve) => {
    const end = (answer: boolean) => () => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('secureConnect', end(true)).once('error', end(false)).once('timeout', end(false));
  });
}

async function speaksPlainHttp(connection: ProbedConnection): Promise<boolean> {
  const url = new URL(connection.baseUrl);
  const port = url.port || '443';
  const page = await ask({ ...connection, baseUrl: `http://${url.hostname}:${port}` }, '/', {
    method: 'GET',
  });
  return !('failure' in page) && page.status !== 400;
}

interface Version {
  version: string;
  major: number | null;
}

/** From `{"version_info", "version"}`, or `{"server_version_info", "server_version"}` of `common.version`. */
function versionOf(json: unknown): Version | null {
  if (typeof json !== 'object' || json === null) return null;
  const answer = json as Record<string, unknown>;
  const info = answer.version_info ?? answer.server_version_info;
  const version = answer.version ?? answer.server_version;
  if (!Array.isArray(info) || typeof version !== 'string') return null;
  // `["saas~19", 1, …]` on Odoo's own hosting.
  const digits = /\d+/.exec(String(info[0]));
  return { version, major: digits && Number(digits[0]) };
}

interface Page {
  status: number;
  json: unknown;
  redirect: string | null;
  clockAheadMs: number | null;
}

async function ask(
  connection: ProbedConnection,
  path: string,
  request: RequestInit,
): Promise<Page | { failure: ProbeFailure; code: string }> {
  const started = Date.now();
  try {
    const response = await connection.fetch(connection.baseUrl + path, {
      ...request,
      // With the database named, Odoo does not start a session for the question.
      headers: { ...(request.headers as Record<string, string>), 'x-odoo-database': connection.db },
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const midway = (started + Date.now()) / 2;
    const text = await response.text();
    const date = Date.parse(response.headers.get('date') ?? '');
    return {
      status: response.status,
      json: parsed(text),
      redirect: originOf(response.headers.get('location'), connection.baseUrl),
      clockAheadMs: Number.isNaN(date) ? null : date + HALF_A_SECOND_MS - midway,
    };
  } catch (error) {
    return failureOf(error);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function originOf(location: string | null, base: string): string | null {
  return location === null ? null : (URL.parse(location, base)?.origin ?? null);
}

const DNS = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL']);
const TIMEOUTS = new Set(['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'ETIMEDOUT', 'TIMEOUT']);

/** Which kind of failure Node's HTTP client met; its code says the rest. */
function failureOf(error: unknown): { failure: ProbeFailure; code: string } {
  const nested = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const known = (nested as { code?: unknown } | null)?.code;
  const isTimeout = error instanceof DOMException && error.name === 'TimeoutError';
  const code = isTimeout ? 'TIMEOUT' : typeof known === 'string' ? known : 'failed';
  return { failure: kindOf(code), code };
}

function kindOf(code: string): ProbeFailure {
  if (code === 'ECONNREFUSED') return 'refused';
  if (DNS.has(code)) return 'dns';
  if (TIMEOUTS.has(code)) return 'timeout';
  if (code.startsWith('HPE_')) return 'not-http';
  if (/CERT|SIGNATURE|TLS|SSL|EPROTO/.test(code)) return 'tls';
  return 'network';
}
