import type { OdooProtocol } from './client.ts';
import { isRead } from './methods.ts';

/**
 * What a failed call means to its caller.
 *
 * Nothing of Odoo's was reached, or it could not answer now; the same call may succeed later:
 * `odoo.unreachable` (refused, reset, DNS, TLS), `odoo.request_cut` (reset while a large request was sent, or before its
 * answer: its size is the likely cause), `odoo.timeout`, `odoo.unavailable` (5xx from a proxy, an answer cut
 * short or not Odoo's, the database gone), `odoo.conflict` (serialization failure, deadlock, lock not available),
 * `odoo.authentication` (bad key, password or database: an operator corrects it, and the call then succeeds).
 *
 * Odoo answered, and would answer the same again: `odoo.refused` (ValidationError, UserError, a bad value, a database
 * constraint), `odoo.access` (no right), `odoo.missing` (record does not exist), `odoo.unknown_model`,
 * `odoo.unknown_method`.
 *
 * The call was not made: `openspp.other` (the database is another OpenSPP than the one of the inbox).
 */
export type OdooErrorCode =
  | 'odoo.unreachable'
  | 'odoo.timeout'
  | 'odoo.request_cut'
  | 'odoo.unavailable'
  | 'odoo.conflict'
  | 'odoo.authentication'
  | 'odoo.refused'
  | 'odoo.access'
  | 'odoo.missing'
  | 'odoo.unknown_model'
  | 'odoo.unknown_method'
  | 'openspp.other';

const TRANSIENT: ReadonlySet<OdooErrorCode> = new Set([
  'odoo.unreachable',
  'odoo.timeout',
  'odoo.request_cut',
  'odoo.unavailable',
  'odoo.conflict',
  'odoo.authentication',
  'openspp.other',
]);

const UNANSWERED: ReadonlySet<OdooErrorCode> = new Set([
  'odoo.unreachable',
  'odoo.timeout',
  'odoo.request_cut',
  'odoo.unavailable',
]);

export interface OdooErrorDetails {
  protocol: OdooProtocol;
  model?: string;
  method?: string;
  /**
   * Odoo's exception class, such as `odoo.exceptions.ValidationError`. A hint for logs: protocols differ in it (XML-RPC
   * says `odoo.exceptions.UserError` for most of its subclasses); decide by `code`.
   */
  odooName?: string;
  /** What Odoo said, for the user's eyes, the same over every protocol and never a traceback; may name a person. */
  sentence?: string | undefined;
  /** Bytes of the request, where its size may be the cause. */
  requestBytes?: number;
  /** Loggers print it with the error, so it must not quote the request or the answer. */
  cause?: unknown;
}

/**
 * A call that failed. `message` names the call and the kind of failure and is safe to log; Odoo's own sentence may
 * hold personal data, so it is apart, in `sentence`, which loggers and `JSON.stringify` do not see.
 */
export class OdooError extends Error {
  override readonly name = 'OdooError';
  readonly code: OdooErrorCode;
  readonly protocol: OdooProtocol;
  readonly model: string | undefined;
  readonly method: string | undefined;
  readonly odooName: string | undefined;
  readonly requestBytes: number | undefined;
  declare readonly sentence: string | undefined;

  constructor(code: OdooErrorCode, details: OdooErrorDetails) {
    const call = details.model ? `${details.model}.${details.method ?? '?'}` : 'connection';
    super(`${code}: ${call} over ${details.protocol}${details.odooName ? ` (${details.odooName})` : ''}`);
    this.code = code;
    this.protocol = details.protocol;
    this.model = details.model;
    this.method = details.method;
    this.odooName = details.odooName;
    this.requestBytes = details.requestBytes;
    Object.defineProperty(this, 'sentence', { value: details.sentence, enumerable: false });
    if (details.cause !== undefined)
      Object.defineProperty(this, 'cause', { value: details.cause, enumerable: false });
  }

  /** Whether the same call may succeed later with nobody changing the data. */
  get transient(): boolean {
    return TRANSIENT.has(this.code);
  }

  /** Whether Odoo may still be working on the call. */
  get unanswered(): boolean {
    return UNANSWERED.has(this.code);
  }

  /** Whether the call may still change something in Odoo. */
  get mayStillChange(): boolean {
    return this.unanswered && !isRead(this.method ?? '');
  }
}
