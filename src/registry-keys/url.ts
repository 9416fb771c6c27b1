import { isPublicAddress, literalAddress } from './address.ts';
import { JwksError } from './jwks-error.ts';

/** What a JWKS URL may be, beyond https at a public address. */
export interface UrlPolicy {
  allowHttp: boolean;
  allowPrivateAddresses: boolean;
}

/**
 * Reads the address that keys are to be fetched from. A host that is a name is judged once it is resolved.
 *
 * @throws {JwksError} `jwks.url`, `jwks.not_https`, `jwks.private_address`
 */
export function checkedJwksUrl(text: string, policy: UrlPolicy): URL {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
    throw new JwksError('jwks.url');
  }
  if (url.protocol === 'http:' && !policy.allowHttp) throw new JwksError('jwks.not_https');
  const literal = literalAddress(url.hostname);
  if (literal !== null) assertAllowedAddress(literal, policy);
  return url;
}

/** @throws {JwksError} `jwks.private_address` */
export function assertAllowedAddress(address: string, policy: UrlPolicy): void {
  if (!policy.allowPrivateAddresses && !isPublicAddress(address)) throw new JwksError('jwks.private_address');
}

/**
 * Where a redirect leads: only within the host, since the host is what was registered. From http to https is allowed
 * where neither names a port; back is not.
 *
 * @throws {JwksError} `jwks.redirect`, and those of `checkedJwksUrl`
 */
export function redirectedUrl(from: URL, location: string | undefined, policy: UrlPolicy): URL {
  const target = location === undefined ? null : URL.parse(location, from.href);
  // `host` is the name with the port, where that is not the protocol's own.
  if (target === null || target.host !== from.host) throw new JwksError('jwks.redirect');
  if (from.protocol === 'https:' && target.protocol !== 'https:') throw new JwksError('jwks.redirect');
  return checkedJwksUrl(target.href, policy);
}
