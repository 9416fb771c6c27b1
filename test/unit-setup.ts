/**
 * Holds unit tests to one process: nock answers their outbound calls, and a server, a connection or a process fails the
 * test that wants it.
 */
import childProcess, { ChildProcess } from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';
import { Server } from 'node:net';
import { PassThrough } from 'node:stream';
import nock from 'nock';
import { type Answering, playServers, type Respond, type TestServer } from './server.ts';

const METHODS = ['GET', 'POST', 'PUT', 'DELETE'];

/** Outside of the ports that `fetch` refuses; nothing connects to them. */
let port = 20_000;

/** What a server writes, as nock wants it. */
class PlayedResponse implements Answering {
  readonly head = Promise.withResolvers<{ status: number; headers: Record<string, string> }>();
  readonly body = new PassThrough();
  #status = 200;
  readonly #headers: Record<string, string> = {};

  get destroyed(): boolean {
    return this.body.destroyed;
  }

  setHeader(name: string, value: string): this {
    this.#headers[name] = value;
    return this;
  }

  writeHead(status: number, headers: Record<string, string> = {}): this {
    this.#status = status;
    Object.assign(this.#headers, headers);
    return this;
  }

  write(chunk: string | Buffer, done?: () => void): boolean {
    this.#flush();
    return this.body.write(chunk, done);
  }

  end(chunk?: string | Buffer): this {
    this.#flush();
    this.body.end(chunk);
    return this;
  }

  destroy(): void {
    const error = Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
    this.head.reject(error);
    this.body.destroy(error);
  }

  #flush(): void {
    this.head.resolve({ status: this.#status, headers: this.#headers });
  }
}

function play(respond: Respond): TestServer {
  port += 1;
  const url = `http://127.0.0.1:${port}`;
  let isClosed = false;
  const scope = nock(url).persist();
  for (const method of METHODS) {
    scope
      .intercept(() => true, method)
      .reply(async (request: Request) => {
        if (isClosed)
          throw Object.assign(new Error(`connect ECONNREFUSED 127.0.0.1:${port}`), { code: 'ECONNREFUSED' });
        const response = new PlayedResponse();
        response.body.on('error', () => {});
        const body = await request.text();
        const { pathname, search } = new URL(request.url);
        const seen = { method, path: pathname + search, headers: Object.fromEntries(request.headers), body };
        await Promise.race([respond(seen, response), response.head.promise]);
        const { status, headers } = await response.head.promise;
        return [status, response.body, headers];
      });
  }
  return {
    url,
    async close() {
      isClosed = true;
    },
  };
}

function refuse(what: string): () => never {
  return () => {
    throw new Error(
      `A unit test ${what}: name its file *.integration.test.ts, or *.e2e.test.ts (see CONTRIBUTING.md).`,
    );
  };
}

// This file runs again before each test file.
nock.cleanAll();
nock.disableNetConnect();
playServers(play);
Server.prototype.listen = refuse('opens a port');
Object.assign(ChildProcess.prototype, { spawn: refuse('starts a process') });
Object.assign(childProcess, {
  spawnSync: refuse('starts a process'),
  execSync: refuse('starts a process'),
  execFileSync: refuse('starts a process'),
});
syncBuiltinESMExports();
