import { createHmac, timingSafeEqual } from 'node:crypto';

/** Hash functions that a signature may be made with; WebSub allows SHA-1 as well, which nobody needs any more. */
const METHODS: ReadonlySet<string> = new Set(['sha256', 'sha384', 'sha512']);

/** Why a signature was refused, for the log. */
export type SignatureProblem = 'missing' | 'unreadable' | 'wrong';

/** The same in the words of the signatures in envelopes, for the metrics and the page. */
export const SIGNATURE_REASONS = {
  missing: 'signature.missing',
  unreadable: 'signature.unreadable',
  wrong: 'signature.mismatch',
} as const satisfies Record<SignatureProblem, string>;

/**
 * Checks an `X-Hub-Signature: sha256=<hex>` header (W3C WebSub, 8): the HMAC of the body's bytes, to the letter. Method
 * and digits may be in any letter case, since MOSIP's hubs have written both.
 *
 * @param secrets any of them may have made it: while one is being replaced, there are two
 * @returns null where it is right
 */
export function signatureProblem(
  header: string | undefined,
  body: Uint8Array,
  secrets: readonly string[],
): SignatureProblem | null {
  if (header === undefined || header.trim() === '') return 'missing';
  const [, method = '', digits = ''] = /^\s*([A-Za-z0-9-]+)=([0-9A-Fa-f]+)\s*$/.exec(header) ?? [];
  const algorithm = method.toLowerCase().replace('-', '');
  if (!METHODS.has(algorithm)) return 'unreadable';
  return isHmacOfAny(Buffer.from(digits, 'hex'), algorithm, [body], secrets) ? null : 'wrong';
}

/**
 * Whether this is the HMAC of one of these texts with one of these secrets. All are tried, and each is compared in
 * constant time: how long it takes says nothing of which one it was.
 */
export function isHmacOfAny(
  given: Uint8Array,
  algorithm: string,
  texts: readonly (string | Uint8Array)[],
  secrets: readonly string[],
): boolean {
  let right = false;
  for (const secret of secrets) {
    for (const text of texts) {
      const made = createHmac(algorithm, secret).update(text).digest();
      if (given.length === made.length && timingSafeEqual(given, made)) right = true;
    }
  }
  return right;
}
