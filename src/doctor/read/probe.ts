import type { OdooConnection } from '../../odoo/transport.ts';

/** Why there was no HTTP answer. */
export type ProbeFailure = 'refused' | 'dns' | 'tls' | 'timeout' | 'network' | 'not-http';

/** What answers at ODOO_URL, as far as it shows without a login. */
export type Probe =
  | {
      kind: 'odoo';
      /** Such as `19.0`. */
      version: string;
      /** Null where the version could not be read. */
      major: number | null;
      /** How far the server's clock is ahead of this machine's; null where it did not tell the time. */
      clockAheadMs: number | null;
    }
  | { kind: 'failed'; failure: ProbeFailure; code: string }
  /** Something else that speaks HTTP; `redirect` is the origin that it sends to. */
  | { kind: 'foreign'; status: number; redirect: string | null };

const TIMEOUT_MS = 10_000;
/** HTTP dates have whole seconds, so the moment is on average half a second later. */
const HALF_A_SECOND_MS = 500;

/**
 * Asks, without a login, what answers at the address: the page that Odoo 19 has for its version, and on any other
 * answer the question that every Odoo knows. Never rejects for what the network does.
 */
export async function probe(connection: OdooConnection): Promise<Probe> {
  const page = await ask(connection, '/web/version', { method: 'GET' });
  if ('failure' in page) return { kind: 'failed', ...page };
  const found = versionOf(page.json);
  if (page.status === 200 && found) return odoo(found, page.clockAheadMs);
  const rpc = await ask(connection, '/jsonrpc', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      jsonrpc: '2.0',
      method: 'call',
      id: 1,
      params: { service: 'common', method: 'version', args: [] },
    }),
  });
  const older = 'failure' in rpc ? null : versionOf((rpc.json as { result?: unknown } | null)?.result);
  return older
    ? odoo(older, page.clockAheadMs)
    : { kind: 'foreign', status: page.status, redirect: page.redirect };
}

interface Version {
  version: string;
  major: number | null;
}

function odoo(version: Version, clockAheadMs: number | null): Probe {
  return { kind: 'odoo', ...version, clockAheadMs };
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
  connection: OdooConnection,
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
