import type { IncomingMessage } from 'node:http';
import { BlockList, isIP, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Context } from 'hono';
import type { AppEnv } from './app-env.ts';

/** Tells who is at the other end of a request's connection. */
export interface Clients {
  /**
   * The address that the request came from, for the log alone; null where there is no connection. `X-Forwarded-For` is
   * believed from a trusted proxy only, and of its addresses the last that is no trusted proxy itself: what stands
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

/** Tells whether an address is one of these, or in one of these networks. */
export function isWithin(networks: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const entry of networks) addNetwork(list, entry);
  return (address) => list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

/** Whether a text is an address or a network that `clientsBehind` takes. */
export function isNetwork(text: string): boolean {
  try {
    addNetwork(new BlockList(), text);
    return true;
  } catch {
    return false;
  }
}

function addNetwork(list: BlockList, entry: string): void {
  const [address = '', prefix, ...more] = entry.split('/');
  const version = isIP(address);
  const bits = version === 6 ? 128 : 32;
  if (version === 0 || more.length > 0 || (prefix !== undefined && !/^\d{1,3}$/.test(prefix))) {
    throw new RangeError('expected an address or a network');
  }
  list.addSubnet(address, prefix === undefined ? bits : Number(prefix), version === 6 ? 'ipv6' : 'ipv4');
}

/** An IPv4 address in IPv6's clothes as itself; null for what is no address, such as a name or one with a port. */
export function plainAddress(text: string): string | null {
  const address = text.replace(/^::ffff:(?=\d+\.)/i, '');
  return isIP(address) === 0 ? null : address;
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
