import { createHash } from 'node:crypto';

/** The key's thumbprint, RFC 7638, without the bridge's code. */
export function rsaThumbprint(jwk: { e?: string; n?: string }): string {
  return createHash('sha256')
    .update(JSON.stringify({ e: jwk.e, kty: 'RSA', n: jwk.n }))
    .digest('base64url');
}
