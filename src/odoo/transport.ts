import type { OdooArguments, OdooProtocol, OdooValue } from './client.ts';

/** Settings of a connection after their check: `settings.ts` makes it. */
export interface OdooConnection {
  /** Scheme, host, port and path prefix, without a trailing slash. */
  baseUrl: string;
  db: string;
  login: string;
  /** For JSON-2; null where there is only a password. */
  apiKey: string | null;
  /** For JSON-RPC and XML-RPC: the password, or else the API key, which Odoo takes in its place. */
  secret: string;
  /** Milliseconds for a call that names no time-out of its own. */
  timeoutMs: number;
  verifyTls: boolean;
  /** The global `fetch`, or one that accepts any certificate. */
  fetch: (url: string, init: RequestInit) => Promise<Response>;
}

/** What an error says about where it happened. */
export interface CallName {
  protocol: OdooProtocol;
  model?: string;
  method?: string;
}

/** One call, as a protocol carries it. */
export interface OdooRequest {
  model: string;
  method: string;
  args: OdooArguments;
  /** Aborts for time-out and caller alike, with the error to reject with as its reason. */
  signal: AbortSignal;
}

/** One protocol, stripped to what differs between them. Time-outs, retries and reports are the client's. */
export interface OdooTransport {
  call(request: OdooRequest): Promise<OdooValue>;
  uid(signal: AbortSignal): Promise<number>;
}
