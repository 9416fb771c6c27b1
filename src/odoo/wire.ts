import type { OdooArguments } from './client.ts';

/**
 * What a call's context holds where the caller names nothing else, so that an answer does not depend on the protocol
 * or on the preferences of the bridge's user: JSON-2 answers errors in English where JSON-RPC and XML-RPC take the
 * user's language, and `load` reads a Datetime in the user's time zone.
 */
const CONTEXT = { lang: 'en_US', tz: 'UTC' };

/** The arguments with the context that every call sends. */
export function withContext(args: OdooArguments): OdooArguments {
  return { ...args, context: { ...CONTEXT, ...args.context } };
}

/** All that is no `Char` of XML 1.0 (its section 2.2): NUL and other control characters, lone surrogates. */
const UNSENDABLE = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;
/** Where `JSON.stringify` wrote such a character: escaped (or, for these two, as it is). */
const MAYBE_UNSENDABLE = /\\[ubf]|[\ufffe\uffff]/;

/**
 * The JSON of a request. Characters that not all of JSON, XML and PostgreSQL can carry become U+FFFD: Odoo answers a
 * lone surrogate with a bare HTTP 500 and a NUL with a ValueError, XML has no way to write a control character, and
 * no retry would help.
 */
export function wireJson(value: unknown): string {
  const json = JSON.stringify(value);
  if (!MAYBE_UNSENDABLE.test(json)) return json;
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'string' ? part.replace(UNSENDABLE, '\ufffd') : part,
  );
}
