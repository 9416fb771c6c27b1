import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

export interface SeenRequest {
  method: string;
  /** With its query. */
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** As much of Node's ServerResponse as the servers of tests use. */
export interface Answering {
  readonly destroyed: boolean;
  setHeader(name: string, value: string): unknown;
  writeHead(status: number, headers?: Record<string, string>): Answering;
  write(chunk: string | Buffer, done?: () => void): boolean;
  end(chunk?: string | Buffer): unknown;
  /** Cuts the connection. */
  destroy(): unknown;
}

export type Respond<Response extends Answering = Answering> = (
  request: SeenRequest,
  response: Response,
) => unknown;

export interface TestServer {
  url: string;
  close(): Promise<void>;
}

type Start = (respond: Respond) => TestServer | Promise<TestServer>;
let start: Start = listen;

/** From now on, servers of tests answer without a connection. The setup of the unit tests calls it. */
export function playServers(player: Start): void {
  start = player;
}

/** A server with real connections on 127.0.0.1. */
export async function listen<Response extends Answering>(respond: Respond<Response>): Promise<TestServer> {
  const server = createServer(async (incoming, response) => {
    const body = (await buffer(incoming)).toString('utf8');
    const { method = '', url = '', headers } = incoming;
    await respond({ method, path: url, headers, body }, response as unknown as Response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A server for outbound calls: played by nock in unit tests, a real one elsewhere. */
export async function startServer(respond: Respond): Promise<TestServer> {
  return start(respond);
}

/** One that lives as long as the test, and what it was asked. */
export async function serve(respond: Respond): Promise<{ url: string; seen: SeenRequest[] }> {
  const seen: SeenRequest[] = [];
  const { url, close } = await startServer((request, response) => {
    seen.push(request);
    return respond(request, response);
  });
  onTestFinished(close);
  return { url, seen };
}

/** A URL at which nothing listens. */
export async function closedUrl(): Promise<string> {
  const { url, close } = await startServer(() => {});
  await close();
  return url;
}
