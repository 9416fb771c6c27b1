import { type AddressInfo, createServer, type Socket } from 'node:net';
import pg from 'pg';

/** A session on the server, which a pooler gives to its clients. */
interface ServerSession {
  socket: Socket;
  client: Socket | null;
}

/**
 * A connection pooler as PgBouncer is one: it greets clients itself, with a name of its own for the session, and gives
 * them sessions on the server, for a transaction or for as long as they are connected. It takes any password.
 *
 * @param sessions that it has on the server
 */
export async function startPooler(
  target: string,
  mode: 'transaction' | 'session',
  sessions: number,
): Promise<{ url: string; stop(): Promise<void> }> {
  const servers: (ServerSession & { owner: pg.Client })[] = [];
  for (let count = 0; count < sessions; count += 1) {
    const owner = new pg.Client({ connectionString: target });
    owner.on('error', () => {});
    await owner.connect();
    // From here on its socket is used as it is.
    const socket = (owner as unknown as { connection: { stream: Socket } }).connection.stream;
    socket.removeAllListeners('data');
    servers.push({ socket, client: null, owner });
  }
  const wanting: { client: Socket; bytes: Buffer }[] = [];
  const assign = () => {
    while (wanting.length > 0) {
      const server = servers.find(({ client }) => client === null);
      const next = wanting.shift();
      if (!next) return;
      if (!server) {
        wanting.unshift(next);
        return;
      }
      server.client = next.client;
      server.socket.write(next.bytes);
    }
  };
  for (const server of servers) {
    let rest = Buffer.alloc(0);
    server.socket.on('data', (chunk: Buffer) => {
      server.client?.write(chunk);
      rest = Buffer.concat([rest, chunk]);
      // A message is its type, its length without the type, and the rest; Z says that the server waits for the next.
      while (rest.length >= 5 && rest.length > rest.readUInt32BE(1)) {
        const length = rest.readUInt32BE(1) + 1;
        const idle = rest[0] === 0x5a && rest[5] === 0x49;
        rest = rest.subarray(length);
        if (idle && mode === 'transaction') {
          server.client = null;
          assign();
        }
      }
    });
  }
  const sockets = new Set<Socket>();
  const pooler = createServer((client) => {
    sockets.add(client);
    client.on('error', () => {});
    client.on('close', () => {
      for (const server of servers) if (server.client === client) server.client = null;
      assign();
    });
    let greeted = 0;
    client.on('data', (chunk: Buffer) => {
      greeted += 1;
      // First its start message, then its password.
      if (greeted === 1) client.write(Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]));
      else if (greeted === 2) client.write(greeting());
      else if (chunk[0] === 0x58) client.end();
      else {
        const server = servers.find((one) => one.client === client);
        if (server) server.socket.write(chunk);
        else wanting.push({ client, bytes: chunk });
        assign();
      }
    });
  });
  await new Promise<void>((resolve) => pooler.listen(0, '127.0.0.1', resolve));
  const url = new URL(target);
  url.port = String((pooler.address() as AddressInfo).port);
  return {
    url: url.href,
    async stop() {
      for (const socket of sockets) socket.destroy();
      for (const { socket } of servers) socket.destroy();
      await new Promise((resolve) => pooler.close(resolve));
    },
  };
}

/** That the password is right, a name and a secret of the session that are the pooler's own, and that it waits. */
function greeting(): Buffer {
  const key = Buffer.alloc(13);
  key.write('K', 'latin1');
  key.writeUInt32BE(12, 1);
  key.writeUInt32BE(1_999_999_999, 5);
  return Buffer.concat([
    Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0]),
    key,
    Buffer.from([0x5a, 0, 0, 0, 5, 0x49]),
  ]);
}
