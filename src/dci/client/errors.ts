/**
 * What a failed call to a registry means to its caller.
 *
 * May succeed later as it is: `registry.unreachable` (refused, reset, DNS, TLS), `registry.timeout`,
 * `registry.unavailable` (5xx), `registry.busy` (429, or a longer Retry-After than we wait for), `registry.pending`
 * (taken, but the answer is not there yet), `answer.timeout` (no callback came in time).
 *
 * Would fail again: `registry.unauthorized` (401, 403), `registry.token` (the OAuth2 endpoint gave no token),
 * `registry.refused` (another 4xx, or an acknowledgement NACK or ERR), `registry.rejected` (the answer's status is
 * `rjct`), `registry.answer` (no DCI answer to what was asked), `registry.signature` (the answer's signature is
 * missing or wrong), `registry.encrypted` (an encrypted answer, and no key for it), `request.invalid` (an argument),
 * `answer.no_listener` (asynchronous, but nobody here receives callbacks).
 */
export type DciClientErrorCode =
  | 'registry.unreachable'
  | 'registry.timeout'
  | 'registry.unavailable'
  | 'registry.busy'
  | 'registry.pending'
  | 'registry.unauthorized'
  | 'registry.token'
  | 'registry.refused'
  | 'registry.rejected'
  | 'registry.answer'
  | 'registry.signature'
  | 'registry.encrypted'
  | 'request.invalid'
  | 'answer.timeout'
  | 'answer.no_listener';

const TRANSIENT: ReadonlySet<DciClientErrorCode> = new Set([
  'registry.unreachable',
  'registry.timeout',
  'registry.unavailable',
  'registry.busy',
  'registry.pending',
  'answer.timeout',
]);

export interface DciClientErrorDetails {
  /** Our name of the registry, such as the data source's code. */
  registry: string;
  /** What was done, such as `search`. */
  action: string;
  /** The HTTP status of the answer. */
  status?: number | undefined;
  /** What is wrong and how to fix it, without any value of the request or the answer. */
  hint?: string | undefined;
  /** Milliseconds that the registry asks to wait (Retry-After). */
  retryAfterMs?: number | undefined;
  /** The registry's own error code, such as `err.request.bad` or `rjct.search_criteria.invalid`. */
  registryCode?: string | undefined;
  /** The registry's own words; they may name a person. */
  registryMessage?: string | undefined;
}

/**
 * A call to a registry that failed. `message` is safe to log: it names the registry, the call and the kind of failure.
 * What the registry said in its own words may hold personal data, so `registryMessage` is apart, where loggers and
 * `JSON.stringify` do not see it.
 */
export class DciClientError extends Error {
  override readonly name = 'DciClientError';
  readonly code: DciClientErrorCode;
  readonly registry: string;
  readonly action: string;
  readonly status: number | undefined;
  /** Milliseconds that the registry asks to wait; undefined where it does not say. */
  readonly retryAfterMs: number | undefined;
  readonly registryCode: string | undefined;
  declare readonly registryMessage: string | undefined;

  constructor(code: DciClientErrorCode, details: DciClientErrorDetails) {
    const registryCode = details.registryCode === undefined ? undefined : cleanCode(details.registryCode);
    const notes = [
      details.status === undefined ? '' : `HTTP ${details.status}`,
      registryCode ?? '',
      details.hint ?? '',
    ].filter((note) => note !== '');
    const more = notes.length === 0 ? '' : ` (${notes.join('; ')})`;
    super(`${code}: ${details.action} at ${details.registry}${more}`);
    this.code = code;
    this.registry = details.registry;
    this.action = details.action;
    this.status = details.status;
    this.retryAfterMs = details.retryAfterMs;
    this.registryCode = registryCode;
    const words = details.registryMessage === undefined ? undefined : cleanMessage(details.registryMessage);
    Object.defineProperty(this, 'registryMessage', { value: words, enumerable: false });
  }

  /** Whether the same call may succeed later with nobody changing anything. */
  get transient(): boolean {
    return TRANSIENT.has(this.code);
  }
}

const MAX_CODE_LENGTH = 64;
const MAX_MESSAGE_LENGTH = 300;

/** A code goes into logs: only what codes are made of; a registry that puts words there gets `other`. */
function cleanCode(code: string): string {
  // Real codes have a letter first and a point: anything else, such as an identifier, is not quoted.
  return code.length <= MAX_CODE_LENGTH && /^[a-z]+(?:[._-][a-z_]+)+$/i.test(code) ? code : 'other';
}

/** One line of text, bounded; markup (an error page) and control characters are taken out. */
function cleanMessage(message: string): string {
  const line = message
    .slice(0, 20 * MAX_MESSAGE_LENGTH)
    .replace(/<[^>]{0,500}>/g, ' ')
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim();
  return line.length <= MAX_MESSAGE_LENGTH
    ? line
    : `${line.slice(0, MAX_MESSAGE_LENGTH - 1).toWellFormed()}…`;
}
