/**
 * How a message was trusted: by a `signature` in its envelope, by an `hmac` over its body or a `bearer` token, both of
 * which need a shared secret, or `unsigned`, where the operator allows that.
 */
export const TRUST_METHODS = ['signature', 'hmac', 'bearer', 'unsigned'] as const;
export type TrustMethod = (typeof TRUST_METHODS)[number];

export interface Trust {
  method: TrustMethod;
  /** The kid of the key that a signature verified with; null for every other method. */
  keyId: string | null;
}

const SHARED: ReadonlySet<string> = new Set(['hmac', 'bearer'] satisfies TrustMethod[]);
/** Comes before a kid that would otherwise read as a method. */
const KEY = 'key:';

/**
 * The text that the inbox keeps in its column `kid`: the kid of a key, the method of a shared secret, or null for an
 * unsigned message.
 */
export function storedTrust({ method, keyId }: Trust): string | null {
  if (method === 'unsigned') return null;
  if (method !== 'signature') return method;
  const kid = keyId ?? '';
  return SHARED.has(kid) || kid.startsWith(KEY) ? `${KEY}${kid}` : kid;
}

/** Reads what `storedTrust` wrote. */
export function readTrust(stored: string | null): Trust {
  if (stored === null) return { method: 'unsigned', keyId: null };
  if (SHARED.has(stored)) return { method: stored as TrustMethod, keyId: null };
  return { method: 'signature', keyId: stored.startsWith(KEY) ? stored.slice(KEY.length) : stored };
}
