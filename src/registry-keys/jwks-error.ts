/** Why the keys of a sender could not be fetched; stable, for logs, the command line and tests. */
export type JwksErrorCode =
  /** No http or https address, or one with a user name or password in it. */
  | 'jwks.url'
  | 'jwks.not_https'
  /** The name leads to an address that is not a public one. */
  | 'jwks.private_address'
  /** The name is not known, the connection was refused or reset, or TLS failed. */
  | 'jwks.unreachable'
  | 'jwks.timeout'
  /** To another host, from https to http, or too many. */
  | 'jwks.redirect'
  | 'jwks.status'
  | 'jwks.too_large'
  /** Compressed although that was not asked for. */
  | 'jwks.encoding'
  | 'jwks.html'
  | 'jwks.not_json'
  /** No key set, an empty one, or one in which no key can verify a signature. */
  | 'jwks.no_keys'
  | 'jwks.too_many_keys'
  /** Different keys under one kid. */
  | 'jwks.duplicate_kid';

/** What each code means, for people. */
const MEANING: Readonly<Record<JwksErrorCode, string>> = {
  'jwks.url': 'the JWKS URL must be an https address without a user name',
  'jwks.not_https': 'the JWKS URL is not https; allow http in the configuration if that is meant',
  'jwks.private_address':
    'the JWKS URL leads to an address that is not public; allow private addresses in the configuration if that is meant',
  'jwks.unreachable': 'the server of the JWKS URL cannot be reached',
  'jwks.timeout': 'the server of the JWKS URL did not answer in time',
  'jwks.redirect': 'the JWKS URL redirects to another host or away from https, or too often',
  'jwks.status': 'the server of the JWKS URL answered with an error',
  'jwks.too_large': 'the answer is larger than a key set may be',
  'jwks.encoding': 'the answer is compressed, which was not asked for',
  'jwks.html': 'the answer is a web page, not a key set',
  'jwks.not_json': 'the answer is not JSON',
  'jwks.no_keys': 'the answer has no key that can verify a signature',
  'jwks.too_many_keys': 'the answer has more keys than a key set may have',
  'jwks.duplicate_kid': 'the answer has different keys under one kid',
};

/** Keys that could not be fetched. `message` gives the reason and quotes nothing of the answer. */
export class JwksError extends Error {
  override readonly name = 'JwksError';
  readonly code: JwksErrorCode;
  /** Such as `ECONNREFUSED` or `503`; null where there is nothing more to say. */
  readonly detail: string | null;

  constructor(code: JwksErrorCode, detail: string | null = null) {
    super(`${MEANING[code]}${detail === null ? '' : ` (${detail})`}`);
    this.code = code;
    this.detail = detail;
  }
}
