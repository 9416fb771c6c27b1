import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { InboxUnavailableError } from '../../src/inbox/inbox.ts';
import { openPostgresInbox } from '../../src/inbox/postgres/postgres-inbox.ts';
import { AUTHORITY, SELF_SIGNED, SENDER, SERVER } from '../http/certificates.ts';
import { type PostgresServer, startPostgres } from '../postgres-server.ts';
import { execute } from './postgres-support.ts';
import { message, NOON, settled } from './support.ts';

let server: PostgresServer;
let folder: string;
const file = (name: string, text: string) => {
  const path = join(folder, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'crvs-bridge-postgres-tls-'));
  server = await startPostgres(false, undefined, {
    ...SERVER,
    clientAuthority: AUTHORITY,
    access: [
      'hostssl certified all 127.0.0.1/32 scram-sha-256 clientcert=verify-ca',
      'hostssl all all 127.0.0.1/32 scram-sha-256\n',
    ].join('\n'),
  });
  for (const name of ['open', 'certified']) {
    await execute(address('postgres', { sslmode: 'no-verify' }), `CREATE DATABASE ${name}`);
  }
});
afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** An INBOX_URL; `sslmode` is verify-full unless it says otherwise. */
function address(database: string, parameters: Record<string, string>, host = '127.0.0.1'): string {
  const url = new URL(server.url);
  url.hostname = host;
  url.pathname = database;
  url.search = String(new URLSearchParams({ sslmode: 'verify-full', ...parameters }));
  return url.href;
}

async function refusal(url: string): Promise<string> {
  const error = await openPostgresInbox({ url, timeoutMs: 5000 }).then(
    (inbox) => inbox.close(),
    (reason: Error) => reason,
  );
  expect(error).toBeInstanceOf(InboxUnavailableError);
  expect(String(error)).not.toContain(`${new URL(server.url).password}@`);
  return String(error);
}

describe('TLS to PostgreSQL', () => {
  it.each([
    ['an authority of one’s own', 'open', () => ({})],
    [
      'a client certificate',
      'certified',
      () => ({ sslcert: file('client.crt', SENDER.cert), sslkey: file('client.key', SENDER.key) }),
    ],
  ])('works with %s, also for what the inbox waits on', async (_what, database, more) => {
    const url = address(database, { sslrootcert: file('ca.pem', AUTHORITY), ...more() });
    const inbox = await openPostgresInbox({ url, exclusive: true });
    try {
      const { events } = await inbox.accept(message());
      expect(await inbox.claim(1, NOON)).toHaveLength(1);
      await inbox.settle([settled(events[0]?.id ?? 0)], NOON);
      const [row] = await execute<{ all: boolean }>(
        address('open', { sslmode: 'no-verify' }),
        `SELECT bool_and(s.ssl) AS all FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid)
         WHERE a.datname = '${database}'`,
      );
      expect(row?.all).toBe(true);
    } finally {
      await inbox.close();
    }
  });

  it.each([
    [
      'an authority that nobody trusts',
      () => ({}),
      'is not signed by an authority that the bridge trusts',
      'sslrootcert',
    ],
    [
      'another authority',
      () => ({ sslrootcert: file('other.pem', SELF_SIGNED.cert) }),
      'is not signed by an authority that the bridge trusts',
      'sslrootcert',
    ],
  ])('refuses a server with a certificate of %s', async (_what, parameters, ...words) => {
    const said = await refusal(address('open', parameters()));
    for (const word of words) expect(said).toContain(word);
  });

  it('refuses a server under another name than its certificate has', async () => {
    const said = await refusal(address('open', { sslrootcert: file('ca.pem', AUTHORITY) }, 'localhost'));
    expect(said).toContain('names another host');
  });

  it.each([
    ['without a client certificate that it asks for', () => ({}), /may not log in|client certificate/],
    [
      'with a client certificate of another authority',
      () => ({
        sslcert: file('self.crt', SELF_SIGNED.cert),
        sslkey: file('self.key', SELF_SIGNED.key),
      }),
      /client certificate/,
    ],
  ])('is refused by the server %s', async (_what, more, said) => {
    const parameters = { sslrootcert: file('ca.pem', AUTHORITY), ...more() };
    expect(await refusal(address('certified', parameters))).toMatch(said);
  });

  it('is refused by a server that asks for it where the address does not', async () => {
    const url = new URL(server.url);
    url.pathname = 'open';
    expect(await refusal(url.href)).toMatch(/TLS/);
  });

  it('says that a server has none', async () => {
    const url = new URL(inject('postgresUrl'));
    url.searchParams.set('sslmode', 'verify-full');
    const error = await openPostgresInbox({ url: url.href }).catch((reason: Error) => reason);
    expect(String(error)).toContain('has no TLS');
  });

  it('says which file of the address cannot be read', async () => {
    expect(await refusal(address('open', { sslrootcert: join(folder, 'missing.pem') }))).toMatch(
      /sslrootcert.*cannot be read/,
    );
  });
});
