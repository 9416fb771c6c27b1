import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** IANA assigns global unicast addresses from this block only. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');
/** Addresses that stand for an IPv4 address behind a NAT64 (RFC 6052). */
const NAT64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96');

/**
 * Whether an address is one of the public Internet: in none of IANA's special-purpose registries (RFC 6890). A URL that
 * somebody enters must not make the bridge ask its own machine, its neighbours or a cloud's metadata service. An IPv6
 * address that stands for an IPv4 address is judged as that one.
 *
 * @param address an IPv4 or IPv6 address without brackets; false for anything else
 */
export function isPublicAddress(address: string): boolean {
  // A zone (fe80::1%eth0) has a meaning on its own link only.
  if (isIP(address) === 0 || address.includes('%')) return false;
  const parsed = ipaddr.process(address);
  if (parsed instanceof ipaddr.IPv4) return parsed.range() === 'unicast';
  if (parsed.match(NAT64)) return new ipaddr.IPv4(parsed.toByteArray().slice(12)).range() === 'unicast';
  return parsed.match(GLOBAL_UNICAST) && parsed.range() === 'unicast';
}

/** The host of a URL without the brackets of an IPv6 address; null where it is a name. */
export function literalAddress(hostname: string): string | null {
  const bare = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
  return isIP(bare) === 0 ? null : bare;
}
