import type { IncomingMessage } from 'node:http';
import { isIP, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Context } from 'hono';
import ipaddr from 'ipaddr.js';
import type { AppEnv } from './app-env.ts';

/** Who is at the other end of a request's connection. */
export interface Clients {
  /**
   * The address that the request came from, for the log alone; null where there is no connection. `X-Forwarded-For` is
   * believed from a trusted proxy only, and of its addresses the last that is no trusted proxy itself: what is
   * before it, the client may have written.
   */
  addressOf(c: Context<AppEnv>): string | null;
  /** The names of the certificate that the client showed, and the TLS layer verified; empty where it showed none. */
  certificateNamesOf(c: Context<AppEnv>): readonly string[];
}

/** @param trustedProxies addresses and networks, such as `10.0.0.0/8` */
export function clientsBehind(trustedProxies: readonly string[]): Clients {
  const isTrusted = isWithin(trustedProxies);
  return {
    addressOf(c) {
      const peer = plainAddress(socketOf(c)?.remoteAddress ?? '');
      if (peer === null || !isTrusted(peer)) return peer;
      const named = (c.req.header('x-forwarded-for') ?? '').split(',').map((one) => plainAddress(one.trim()));
      let known = peer;
      for (const address of named.reverse()) {
        // A proxy that we trust writes addresses; from the first that is none, the rest is somebody else's.
        if (address === null) return known;
        known = address;
        if (!isTrusted(address)) return address;
      }
      return known;
    },
    certificateNamesOf(c) {
      const socket = socketOf(c);
      return socket instanceof TLSSocket && socket.authorized ? certificateNames(socket) : [];
    },
  };
}

/** A test whether an address is one of these, or in one of these networks. */
export function isWithin(networks: readonly string[]): (address: string) => boolean {
  const known = networks.flatMap((one) => networkOf(one) ?? []);
  return (text) => {
    if (isIP(text) === 0) return false;
    const address = ipaddr.process(text);
    return known.some(
      ({ network, bits }) => address.kind() === network.kind() && address.match(network, bits),
    );
  };
}

/** Whether a text is an address, or a network such as `10.0.0.0/8`. */
export function isNetwork(text: string): boolean {
  return networkOf(text) !== null;
}

function networkOf(text: string): { network: ipaddr.IPv4 | ipaddr.IPv6; bits: number } | null {
  const version = isIP(text);
  const cidr = version === 0 ? text : `${text}/${version === 6 ? 128 : 32}`;
  if (!ipaddr.IPv4.isValidCIDRFourPartDecimal(cidr) && !ipaddr.IPv6.isValidCIDR(cidr)) return null;
  const [network, bits] = ipaddr.parseCIDR(cidr);
  return { network, bits };
}

/** An address, one that IPv6 maps as IPv4; null for what is no address, such as a name or an address with a port. */
export function plainAddress(text: string): string | null {
  return isIP(text) === 0 ? null : ipaddr.process(text).toString();
}

function socketOf(c: Context<AppEnv>): Socket | undefined {
  return (c.env as { incoming?: IncomingMessage } | undefined)?.incoming?.socket;
}

/** The common name, and the DNS names and URIs of the subject's alternative names. */
function certificateNames(socket: TLSSocket): string[] {
  const { subject, subjectaltname = '' } = socket.getPeerCertificate();
  const common = subject?.CN as string | string[] | undefined;
  // Node quotes a name that has a comma in it (as a JSON string), so that none can pass for two.
  const others = [...subjectaltname.matchAll(/(?:^|, )(?:DNS|URI):("(?:[^"\\]|\\.)*"|[^,]*)/g)].map(
    ([, name = '']) => (name.startsWith('"') ? (JSON.parse(name) as string) : name),
  );
  return [...(common === undefined ? [] : [common].flat()), ...others];
}
