import { createServer, type Socket } from 'node:net';
import pg from 'pg';
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Inbox, InboxUnavailableError } from '../../src/inbox/inbox.ts';
import { openInbox } from '../../src/inbox/open.ts';
import { PATIENCE } from '../patience.ts';
import { startPostgres } from '../postgres-server.ts';
import { createDatabase, execute, opened, temporaryDatabase } from './postgres-support.ts';
import { message, NOON, settled } from './support.ts';

/** What a call rejected with; null where it did not. */
const refusalOf = (call: Promise<unknown>): Promise<Error | null> =>
  call.then(
    () => null,
    (error) => error,
  );

describe('a server that is killed and started again', () => {
  it('is refused by name meanwhile, loses nothing, and is found again', async () => {
    const server = await startPostgres(true);
    onTestFinished(() => server.stop());
    const inbox = await opened({ url: server.url, exclusive: true, leaseMs: 5000, timeoutMs: 2000 });
    const acknowledged = await Promise.all(Array.from({ length: 50 }, () => inbox.accept(message())));
    await inbox.claim(10, NOON);
    const cut = Array.from({ length: 50 }, () => message());
    const underWay = Promise.allSettled(cut.map((one) => inbox.accept(one)));
    await server.kill();
    const told = await underWay;
    const calls: Record<string, () => Promise<unknown>> = {
      accept: () => inbox.accept(message()),
      claim: () => inbox.claim(1, NOON),
      settle: () => inbox.settle([settled(acknowledged[0]?.events[0]?.id ?? 0)], NOON),
      hold: () => inbox.hold(['a']),
      counts: () => inbox.counts(),
      check: () => inbox.check(),
    };
    for (const [name, call] of Object.entries(calls)) {
      expect(await refusalOf(call()), name).toBeInstanceOf(InboxUnavailableError);
    }
    await server.start();
    await vi.waitFor(() => inbox.check(), PATIENCE);
    // What got no answer is sent again, and is one event anyway.
    const again = await Promise.all(cut.map((one) => inbox.accept(one)));
    again.forEach(({ kind }, at) => {
      if (told[at]?.status === 'fulfilled') expect(kind).toBe('repeated');
    });
    const known = new Set((await inbox.list({ limit: 1000 })).map(({ id }) => id));
    expect(known.size).toBe(100);
    for (const { events } of acknowledged) expect(known).toContain(events[0]?.id);
    // Where the server was away for longer than the lease, the bridge takes a new one first.
    const claimed = await vi.waitFor(() => inbox.claim(1000, NOON), PATIENCE);
    expect(claimed.length, 'all but the ten in hand').toBe(90);
  });
});

describe('a claim that the server commits after the bridge gave up', () => {
  it('is given back, and nothing is said to wait before that is known', async () => {
    const database = await createDatabase();
    onTestFinished(() => database.drop());
    // The server's own limit is the longer one, as where a commit waits for a slow disk or a standby.
    const url = `${database.url}?statement_timeout=100000&idle_in_transaction_session_timeout=100000`;
    const inbox = await opened({ url, exclusive: true, leaseMs: 100_000, timeoutMs: 500 });
    await inbox.accept(message());
    const disk = new pg.Client({ connectionString: database.url });
    await disk.connect();
    onTestFinished(() => disk.end());
    await disk.query(`
      CREATE FUNCTION wait_for_disk() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NULL; END';
      CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON crvs_bridge.attempts DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION wait_for_disk();
      SELECT pg_advisory_lock(1);`);
    for (const which of ['the first', 'the next']) {
      expect(await refusalOf(inbox.claim(10, NOON)), which).toBeInstanceOf(InboxUnavailableError);
    }
    await disk.query('SELECT pg_advisory_unlock(1)');
    expect(await vi.waitFor(() => inbox.claim(10, NOON), PATIENCE)).toHaveLength(1);
  });
});

describe('a server that says nothing', () => {
  it('is given up within the time, and its lease with it', async () => {
    const database = await createDatabase();
    onTestFinished(() => database.drop());
    const proxy = await silenceable(database.url);
    const inbox = await opened({ url: proxy.url, exclusive: true, leaseMs: 3000, timeoutMs: 1000 });
    await inbox.accept(message());
    const lease = inbox.lease();
    proxy.silence(true);
    const refused = await Promise.all(
      [inbox.accept(message()), inbox.counts(), inbox.check()].map(refusalOf),
    );
    for (const refusal of refused) expect(refusal).toBeInstanceOf(InboxUnavailableError);
    await vi.waitFor(() => expect(lease.aborted).toBe(true), PATIENCE);
    await expect(inbox.claim(1, NOON)).rejects.toThrow(InboxUnavailableError);
    proxy.silence(false);
    await vi.waitFor(async () => expect(await inbox.claim(1, NOON)).toHaveLength(1), PATIENCE);
    expect(inbox.lease().aborted).toBe(false);
  });
});

/** A way to a server that can be made to swallow all that is sent. */
async function silenceable(target: string): Promise<{ url: string; silence(on: boolean): void }> {
  const { connect } = await import('node:net');
  const { hostname, port } = new URL(target);
  let silent = false;
  const sockets = new Set<Socket>();
  const proxy = createServer((client) => {
    const server = connect(Number(port), hostname);
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      sockets.add(from);
      from.on('data', (chunk) => {
        if (!silent) to.write(chunk);
      });
      from.on('error', () => {});
      from.on('close', () => to.destroy());
    }
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    proxy.close();
  });
  const url = new URL(target);
  url.port = String((proxy.address() as { port: number }).port);
  return {
    url: url.href,
    silence(on) {
      silent = on;
    },
  };
}

describe('errors', () => {
  let inbox: Inbox;
  let url: string;
  beforeAll(async () => {
    const database = await createDatabase();
    url = database.url;
    const one = await openInbox(url, { exclusive: true });
    inbox = one;
    return async () => {
      await one.close();
      await database.drop();
    };
  });

  it('of an address never quote the password', async () => {
    const SECRET = 'sEcReT-42';
    const wrong = new URL(url);
    wrong.password = SECRET;
    const nowhere = new URL(wrong);
    nowhere.port = '1';
    for (const address of [
      wrong.href,
      nowhere.href,
      `postgres://bridge:${SECRET}@[/inbox`,
      `postgres://bridge:${SECRET}@127.0.0.1:port/inbox`,
      `mysql://bridge:${SECRET}@db/inbox`,
    ]) {
      const refusal = await refusalOf(openInbox(address, { create: false, timeoutMs: 2000 }));
      expect(refusal, address).toBeInstanceOf(InboxUnavailableError);
      expect(`${refusal?.stack} ${JSON.stringify(refusal)} ${refusal?.cause}`).not.toContain(SECRET);
    }
  });

  it('of the server never quote a value', async () => {
    await execute(
      url,
      `ALTER TABLE crvs_bridge.messages ADD CONSTRAINT short CHECK (length(body) < 100) NOT VALID`,
    );
    const refusal = await refusalOf(inbox.accept(message({ body: 'PERSONAL'.repeat(100) })));
    expect(refusal).toBeInstanceOf(InboxUnavailableError);
    expect(refusal?.message).toContain('23514');
    expect(`${refusal?.stack} ${JSON.stringify(refusal)} ${refusal?.cause}`).not.toContain('PERSONAL');
    expect((await inbox.accept(message())).kind).toBe('created');
  });

  it('name a database that refuses to write', async () => {
    const readOnly = await temporaryDatabase();
    const one = await opened({ url: readOnly, exclusive: true });
    await execute(
      readOnly,
      `ALTER DATABASE ${new URL(readOnly).pathname.slice(1)} SET default_transaction_read_only = on`,
    );
    await execute(
      readOnly,
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    );
    await vi.waitFor(async () => {
      expect((await refusalOf(one.accept(message())))?.message).toContain('25006');
    }, PATIENCE);
    expect(await refusalOf(one.check())).toBeInstanceOf(InboxUnavailableError);
  });

  it('commits to disk where the server would not', async () => {
    const loose = await temporaryDatabase();
    const name = new URL(loose).pathname.slice(1);
    await execute(loose, `ALTER DATABASE ${name} SET synchronous_commit = off`);
    const one = await opened({ url: loose });
    await execute(
      loose,
      `CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN NEW.kid := current_setting('synchronous_commit'); RETURN NEW; END $$;
       CREATE TRIGGER note BEFORE INSERT ON crvs_bridge.messages FOR EACH ROW EXECUTE FUNCTION note()`,
    );
    const { events } = await one.accept(message());
    expect(await one.show(events[0]?.id ?? 0)).toMatchObject({ kid: 'on' });
  });
});

describe('the queue for the commit', () => {
  it('refuses at once what is too much, and takes the rest', async () => {
    const inbox = await opened({ url: await temporaryDatabase(), queueLimit: 3 });
    const results = await Promise.allSettled([1, 2, 3, 4, 5].map(() => inbox.accept(message())));
    expect(results.map(({ status }) => status)).toEqual([
      ...['fulfilled', 'fulfilled', 'fulfilled'],
      ...['rejected', 'rejected'],
    ]);
  });
});
