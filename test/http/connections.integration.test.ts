import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { expect, it, onTestFinished } from 'vitest';
import { type ConnectionLimits, limitConnections } from '../../src/http/connections.ts';
import { AUTHORITY, SERVER } from './certificates.ts';

/** A server that answers at once, but for `/wait`, which it never answers. */
async function served(over: Partial<ConnectionLimits> = {}): Promise<{ server: Server; port: number }> {
  const answer: Parameters<typeof createServer>[1] = (request, response) => {
    if (request.url !== '/wait') response.end('served');
  };
  const tls = over.handshakeTimeoutMs !== undefined;
  const server = tls ? createTlsServer(SERVER, answer) : createServer(answer);
  limitConnections(server, {
    maxConnections: 3,
    maxPerAddress: 100,
    handshakeTimeoutMs: null,
    isProxy: () => false,
    ...over,
  });
  server.listen(0);
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { server, port: (server.address() as AddressInfo).port };
}

/** A connection, once the server has it. */
async function connected(server: Server, port: number, from = '127.0.0.1'): Promise<Socket> {
  const taken = once(server, 'connection');
  const socket = connect({ port, host: '127.0.0.1', localAddress: from });
  socket.on('error', () => {});
  onTestFinished(() => void socket.destroy());
  await Promise.all([once(socket, 'connect'), taken]);
  return socket;
}

const REQUEST = (path: string) => `GET ${path} HTTP/1.1\r\nHost: bridge\r\n\r\n`;

async function answered(socket: Socket): Promise<string> {
  socket.write(REQUEST('/'));
  const [chunk] = await once(socket, 'data');
  return String(chunk);
}

/** Has a request under way that is never answered. */
async function working(server: Server, socket: Socket): Promise<void> {
  const begun = once(server, 'request');
  socket.write(REQUEST('/wait'));
  await begun;
}

it('closes the connection that was idle the longest, and serves the new one', async () => {
  const { server, port } = await served();
  const [first, second, third] = [
    await connected(server, port),
    await connected(server, port),
    await connected(server, port),
  ];
  // Used last, so that it is not the first to go.
  expect(await answered(first)).toContain('served');
  const gone = once(second, 'close');
  const fourth = await connected(server, port);
  await gone;
  expect(await answered(fourth)).toContain('served');
  expect(await answered(first)).toContain('served');
  expect(await answered(third)).toContain('served');
});

it('serves a newcomer although silent connections hold all places, as often as they come', async () => {
  const { server, port } = await served({ maxConnections: 20 });
  for (let round = 0; round < 3; round += 1) {
    for (let n = 0; n < 25; n += 1) await connected(server, port);
    expect(await answered(await connected(server, port))).toContain('served');
    const count = await new Promise((resolve) => server.getConnections((_error, found) => resolve(found)));
    expect(count).toBeLessThanOrEqual(21);
  }
});

it('closes the new one where all others are at work', async () => {
  const { server, port } = await served();
  const busy = [await connected(server, port), await connected(server, port), await connected(server, port)];
  for (const socket of busy) await working(server, socket);
  await once(await connected(server, port), 'close');
  expect(busy.map(({ readyState }) => readyState)).toEqual(['open', 'open', 'open']);
});

it('bounds what one address has, at work or not, and lets others in', async () => {
  const { server, port } = await served({ maxConnections: 100, maxPerAddress: 2 });
  const [first, second] = [await connected(server, port), await connected(server, port)];
  await working(server, second);
  const gone = once(first, 'close');
  const third = await connected(server, port);
  await gone;
  await working(server, third);
  await once(await connected(server, port), 'close');
  expect(await answered(await connected(server, port, '127.0.0.2'))).toContain('served');
});

it('does not bound a proxy, which brings everybody’s requests', async () => {
  const isProxy = (address: string) => address === '127.0.0.1';
  const { server, port } = await served({ maxConnections: 100, maxPerAddress: 2, isProxy });
  const sockets = [];
  for (let n = 0; n < 5; n += 1) sockets.push(await connected(server, port));
  for (const socket of sockets) expect(await answered(socket)).toContain('served');
});

it('cuts off who sends requests far ahead of the answers', async () => {
  const { server, port } = await served();
  let begun = 0;
  server.on('request', () => {
    begun += 1;
  });
  const socket = await connected(server, port);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.write(REQUEST('/wait').repeat(5000));
  await closed;
  expect(begun).toBeGreaterThan(64);
  expect(begun).toBeLessThan(2500);
  const modest = await connected(server, port);
  modest.write(REQUEST('/').repeat(64));
  const [chunk] = await once(modest, 'data');
  expect(String(chunk)).toContain('served');
});

it('closes a connection that does not finish its TLS handshake, and no other', async () => {
  const { server, port } = await served({ handshakeTimeoutMs: 1500 });
  const done = connectTls({ port, host: '127.0.0.1', ca: AUTHORITY });
  onTestFinished(() => void done.destroy());
  await once(done, 'secureConnect');
  await once(await connected(server, port), 'close');
  done.write(REQUEST('/'));
  const [chunk] = await once(done, 'data');
  expect(String(chunk)).toContain('served');
});
