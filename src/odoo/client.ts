/** The values Odoo's external API takes and gives: JSON, with `false` for every empty field. */
export type OdooValue = string | number | boolean | null | OdooValue[] | { [key: string]: OdooValue };

/**
 * Keyword arguments of one model method, by the names of its Python parameters; `ids` are the records that it is
 * called on. Where `context` names no `lang` and `tz`, they are `en_US` and `UTC`. `undefined` arguments are left out.
 * Characters that XML 1.0 cannot carry (control characters, lone surrogates) are sent as U+FFFD.
 */
export interface OdooArguments {
  ids?: readonly number[];
  context?: Readonly<Record<string, OdooValue>>;
  [name: string]: unknown;
}

export interface OdooCallOptions {
  /** Abort the call: it rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Milliseconds after which the call rejects with `odoo.timeout`; the client's default where left out. */
  timeoutMs?: number;
  /** Gets the reports of this call, besides the `onCall` of the client. */
  onCall?: (report: OdooCallReport) => void;
}

export type OdooProtocol = 'json2' | 'jsonrpc' | 'xmlrpc';

/**
 * How long one attempt of a call took and how it ended: what metrics, traces, the log, the history of an event and the
 * size of batches go by. A read that was made again has a report for each attempt. Holds no values of the call.
 */
export interface OdooCallReport {
  model: string;
  method: string;
  protocol: OdooProtocol;
  milliseconds: number;
  /** `ok`, the `code` of the OdooError, or `aborted` by the caller. */
  outcome: string;
}

/**
 * Odoo's external API as the rest of the bridge sees it. The three protocols differ in addresses, envelopes and
 * error shapes; none of that leaves `src/odoo/`. Every call is a transaction of its own in Odoo.
 *
 * Rejects with an `OdooError` (see `errors.ts`), whatever went wrong; with the signal's reason where the caller
 * aborted.
 */
export interface OdooClient {
  /** The protocol in use; before the first call of an `auto` client, the likely one. */
  readonly protocol: OdooProtocol;
  /**
   * Calls `method` of `model` with keyword arguments, as JSON-2 names them. Gives null where the method gives None. A
   * call that timed out or was aborted may still take effect in Odoo.
   */
  call(model: string, method: string, args?: OdooArguments, options?: OdooCallOptions): Promise<OdooValue>;
  /** The id (`res.users`) that the calls are made as; asked once and kept. */
  uid(): Promise<number>;
}
