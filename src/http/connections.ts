import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { plainAddress } from './client.ts';

export interface ConnectionLimits {
  /** Connections at once, from everybody together. */
  maxConnections: number;
  /** Connections at once from one address. */
  maxPerAddress: number;
  /** Milliseconds in which a TLS handshake must be done; null for plain HTTP. */
  handshakeTimeoutMs: number | null;
  /** Whether an address is that of a proxy, which brings everybody's requests: only the bound on all holds for it. */
  isProxy(address: string): boolean;
}

/** Requests under way on one connection; a client that sends more ahead of the answers is cut off. */
const MOST_AHEAD = 64;

interface Connection {
  socket: Socket;
  address: string;
  /** Requests that are not answered yet. */
  busy: number;
  handshake: NodeJS.Timeout | undefined;
}

/**
 * Keeps a few from taking all connections: where there are too many, from one address or in all, the one that has been
 * without a request the longest makes room for the new one, and the new one is closed only where all are at work. One
 * connection has so many requests under way, and no more.
 *
 * @param server one that does not listen yet
 */
export function limitConnections(server: Server, limits: ConnectionLimits): void {
  // In the order of their last use, the longest idle first.
  const connections = new Map<string, Connection>();
  const counts = new Map<string, number>();

  const closeIdleOne = (own: string, address: string | null): boolean => {
    for (const [name, one] of connections) {
      if (name === own || one.busy > 0 || (address !== null && one.address !== address)) continue;
      forget(name, one);
      one.socket.destroy();
      return true;
    }
    return false;
  };
  const forget = (name: string, one: Connection) => {
    if (connections.get(name) !== one) return;
    connections.delete(name);
    clearTimeout(one.handshake);
    const left = (counts.get(one.address) ?? 1) - 1;
    if (left === 0) counts.delete(one.address);
    else counts.set(one.address, left);
  };

  server.on('connection', (socket: Socket) => {
    const name = nameOf(socket);
    const address = plainAddress(socket.remoteAddress ?? '') ?? '';
    const one: Connection = { socket, address, busy: 0, handshake: undefined };
    connections.set(name, one);
    counts.set(address, (counts.get(address) ?? 0) + 1);
    socket.once('close', () => forget(name, one));
    const crowded = (counts.get(address) ?? 0) > limits.maxPerAddress && !limits.isProxy(address);
    const isAdmitted =
      (!crowded || closeIdleOne(name, address)) &&
      (connections.size <= limits.maxConnections || closeIdleOne(name, null));
    if (!isAdmitted) {
      forget(name, one);
      socket.destroy();
      return;
    }
    if (limits.handshakeTimeoutMs !== null) {
      one.handshake = setTimeout(() => socket.destroy(), limits.handshakeTimeoutMs);
      one.handshake.unref();
    }
  });
  server.on('secureConnection', (socket: TLSSocket) => {
    clearTimeout(connections.get(nameOf(socket))?.handshake);
  });
  server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    const name = nameOf(request.socket);
    const one = connections.get(name);
    if (!one) return;
    one.busy += 1;
    if (one.busy > MOST_AHEAD) one.socket.destroy();
    response.once('close', () => {
      one.busy -= 1;
      if (one.busy > 0 || connections.get(name) !== one) return;
      connections.delete(name);
      connections.set(name, one);
    });
  });
}

/** The same for a TLS socket as for the connection under it. */
function nameOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
