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

/**
 * One protocol, stripped to what differs between them. Time-outs and reports are `connect.ts`'s: `signal` aborts for
 * both time-out and caller, with the error to reject with as its reason.
 */
export interface OdooTransport {
  readonly protocol: OdooProtocol;
  call(model: string, method: string, args: OdooArguments, signal: AbortSignal): Promise<OdooValue>;
  uid(signal: AbortSignal): Promise<number>;
}
