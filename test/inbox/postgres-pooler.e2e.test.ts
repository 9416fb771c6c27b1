import pg from 'pg';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { InboxUnavailableError } from '../../src/inbox/inbox.ts';
import { openPostgresInbox } from '../../src/inbox/postgres/postgres-inbox.ts';
import { assertOwnSession } from '../../src/inbox/postgres/session.ts';
import { hasPgBouncer, startPgBouncer } from './pgbouncer.ts';
import { startPooler } from './pooler.ts';
import { opened, temporaryDatabase } from './postgres-support.ts';
import { message, NOON, settled } from './support.ts';

// A stand-in, and PgBouncer itself where it is installed.
const POOLERS = [
  { name: 'a connection pooler', start: startPooler },
  ...(hasPgBouncer ? [{ name: 'PgBouncer', start: startPgBouncer }] : []),
];

it('is not looked for where the server itself names the session', async () => {
  const client = new pg.Client({ connectionString: await temporaryDatabase() });
  await client.connect();
  onTestFinished(() => client.end());
  const open = vi.fn(async () => ({ session: client, end: async () => {} }));
  const { rows } = await client.query('SELECT pg_backend_pid() AS pid');
  await assertOwnSession(client, rows[0].pid, open);
  expect(open).not.toHaveBeenCalled();
});

describe.each(POOLERS)('$name', ({ start }) => {
  async function pooled(mode: 'transaction' | 'session', sessions: number): Promise<string> {
    const pooler = await start(await temporaryDatabase(), mode, sessions);
    onTestFinished(() => pooler.stop());
    return pooler.url;
  }

  it.each([2, 5])('in transaction mode is refused by name, with %i sessions', async (sessions) => {
    const url = await pooled('transaction', sessions);
    const refusal = await openPostgresInbox({ url, exclusive: true, timeoutMs: 3000 }).then(
      (inbox) => inbox.close(),
      (error: Error) => error,
    );
    expect(refusal).toBeInstanceOf(InboxUnavailableError);
    expect(String(refusal)).toContain('PgBouncer');
    expect(String(refusal)).toContain('pool_mode = session');
  });

  it('in transaction mode is refused on every new connection', async () => {
    const url = await pooled('transaction', 1);
    for (let count = 0; count < 2; count += 1) {
      await expect(openPostgresInbox({ url, timeoutMs: 3000 })).rejects.toThrow('pool_mode = session');
    }
  });

  it('in session mode does', async () => {
    const url = await pooled('session', 6);
    const inbox = await opened({ url, exclusive: true, poolSize: 3 });
    const { events } = await inbox.accept(message());
    expect(await inbox.claim(1, NOON)).toHaveLength(1);
    await inbox.settle([settled(events[0]?.id ?? 0)], NOON);
    expect(await inbox.counts()).toMatchObject({ processed: 1 });
  });
});

describe.runIf(hasPgBouncer)('PgBouncer alone', () => {
  it('in statement mode is refused by name', async () => {
    const pooler = await startPgBouncer(await temporaryDatabase(), 'statement', 3);
    onTestFinished(() => pooler.stop());
    await expect(openPostgresInbox({ url: pooler.url, timeoutMs: 3000 })).rejects.toThrow(
      'pool_mode = session',
    );
  });

  it('says that it takes no time-out in the address', async () => {
    const pooler = await startPgBouncer(await temporaryDatabase(), 'session', 3);
    onTestFinished(() => pooler.stop());
    const url = `${pooler.url}?statement_timeout=5000`;
    await expect(openPostgresInbox({ url, timeoutMs: 3000 })).rejects.toThrow('a parameter in INBOX_URL');
  });
});
