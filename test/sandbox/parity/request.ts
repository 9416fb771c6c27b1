/** Who makes a request. */
export type User = 'admin' | 'bridge' | 'clerk' | 'approver';

/** A call of a method, over JSON-2 unless `via` says otherwise. */
export interface CallRequest {
  name: string;
  as?: User;
  model: string;
  method: string;
  /** Keyword arguments for JSON-2; for the other protocols the positional ones, and `keywords` besides. */
  args?: unknown;
  keywords?: Record<string, unknown>;
  via?: 'jsonrpc' | 'xmlrpc' | 'xmlrpc1';
  /** Names the ids of the answer, for `$name` (or `$name.0`, `$name.1` …) in the arguments of later requests. */
  keep?: string;
}

/** A call of a service other than `object`. */
export interface ServiceRequest {
  name: string;
  service: string;
  method: string;
  args: readonly unknown[];
  via: 'jsonrpc' | 'xmlrpc';
}

/** A request of which every part matters. */
export interface HttpRequest {
  name: string;
  verb: 'GET' | 'POST';
  path: string;
  headers?: Record<string, string>;
  body?: string;
}

export type ParityRequest = CallRequest | ServiceRequest | HttpRequest;

/** Requests that build on each other. */
export interface Scenario {
  name: string;
  requests: readonly ParityRequest[];
}
