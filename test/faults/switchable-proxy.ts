import { connect, createServer, type Server, type Socket } from 'node:net';

/** A TCP proxy that can be taken down and up again: while it is down, connections are refused, as by a dead Odoo. */
export class SwitchableProxy {
  readonly #target: { host: string; port: number };
  readonly #sockets = new Set<Socket>();
  #server: Server | null = null;
  #port = 0;

  constructor(targetUrl: string) {
    const { hostname, port } = new URL(targetUrl);
    this.#target = { host: hostname, port: Number(port) };
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  up(): Promise<void> {
    const server = createServer((client) => {
      const upstream = connect(this.#target);
      for (const [socket, other] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        this.#sockets.add(socket);
        socket.on('error', () => other.destroy());
        socket.on('close', () => {
          this.#sockets.delete(socket);
          other.destroySoon();
        });
        socket.pipe(other);
      }
    });
    this.#server = server;
    return new Promise((resolve) => {
      server.listen(this.#port, '127.0.0.1', () => {
        this.#port = (server.address() as { port: number }).port;
        resolve();
      });
    });
  }

  /** Refuses new connections and cuts those that there are. */
  down(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    const server = this.#server;
    this.#server = null;
    return new Promise((resolve) => {
      if (server) server.close(() => resolve());
      else resolve();
    });
  }
}
