import { BlockList, isIP, SocketAddress } from 'node:net';

/**
 * What is not a public address of the Internet, from IANA's special-purpose address registries (RFC 6890): whoever can
 * enter a URL must not be able to make the bridge ask its own machine, its neighbours or a cloud's metadata service.
 */
const SPECIAL_IPV4: readonly [network: string, prefix: number][] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];

/** Only 2000::/3 is global unicast at all; these lie within it and are not public. */
const SPECIAL_IPV6: readonly [network: string, prefix: number][] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
];

const special4 = new BlockList();
for (const [network, prefix] of SPECIAL_IPV4) special4.addSubnet(network, prefix, 'ipv4');
const special6 = new BlockList();
for (const [network, prefix] of SPECIAL_IPV6) special6.addSubnet(network, prefix, 'ipv6');
const global6 = new BlockList();
global6.addSubnet('2000::', 3, 'ipv6');

/** Prefixes of 96 bits that stand before an IPv4 address: mapped (RFC 4291) and NAT64 (RFC 6052). */
const MAPPED = '0000:0000:0000:0000:0000:ffff:';
const NAT64 = '0064:ff9b:0000:0000:0000:0000:';

/**
 * Whether an address is one of the public Internet: not private, loopback, link-local, unique-local, multicast,
 * reserved or for documentation. An IPv6 address that stands for an IPv4 address is judged as that one.
 *
 * @param address an IPv4 or IPv6 address without brackets; false for anything else
 */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !special4.check(address, 'ipv4');
  // A zone (fe80::1%eth0) only means something on the own link.
  if (family !== 6 || address.includes('%')) return false;
  const whole = expanded(address);
  for (const prefix of [MAPPED, NAT64]) {
    if (whole.startsWith(prefix)) return !special4.check(lastFourBytes(whole), 'ipv4');
  }
  return global6.check(address, 'ipv6') && !special6.check(address, 'ipv6');
}

/** The host of a URL without the brackets of an IPv6 address; null where it is a name. */
export function literalAddress(hostname: string): string | null {
  const bare = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
  return isIP(bare) === 0 ? null : bare;
}

/** All eight groups, four digits each. */
function expanded(address: string): string {
  const parsed = new SocketAddress({ address, family: 'ipv6' }).address;
  // The end may be printed as IPv4.
  const dotted = /(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(parsed);
  const text = dotted
    ? parsed.slice(0, dotted.index) +
      [0, 2].map((at) => (Number(dotted[at + 1]) * 256 + Number(dotted[at + 2])).toString(16)).join(':')
    : parsed;
  const [before = '', after] = text.split('::');
  const head = before === '' ? [] : before.split(':');
  const tail = after === undefined || after === '' ? [] : after.split(':');
  const gap = Array<string>(8 - head.length - tail.length).fill('0');
  return [...head, ...gap, ...tail].map((group) => group.padStart(4, '0')).join(':');
}

function lastFourBytes(whole: string): string {
  const bits = Number.parseInt(whole.slice(-9).replace(':', ''), 16);
  return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 255).join('.');
}
