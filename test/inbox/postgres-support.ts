import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, inject, onTestFinished } from 'vitest';
import type { Inbox } from '../../src/inbox/inbox.ts';
import { openPostgresInbox, type PostgresInboxOptions } from '../../src/inbox/postgres/postgres-inbox.ts';

/** Does SQL on a server, by a connection of its own. */
export async function execute<T>(url: string, text: string, values: unknown[] = []): Promise<T[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text, values)).rows;
  } finally {
    await client.end();
  }
}

/** A new database on the run's server; the caller takes it away. */
export async function createDatabase(server = inject('postgresUrl')): Promise<{
  url: string;
  drop(): Promise<void>;
}> {
  const name = `inbox_${randomUUID().replaceAll('-', '')}`;
  await execute(server, `CREATE DATABASE ${name}`);
  const url = new URL(server);
  url.pathname = name;
  return {
    url: url.href,
    drop: async () => {
      await execute(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
}

/** A new database that is gone after the test. */
export async function temporaryDatabase(): Promise<string> {
  const database = await createDatabase();
  onTestFinished(() => database.drop());
  return database.url;
}

/** One database for all tests of a file. Call it outside of tests; what it gives can be used in them. */
export function sharedDatabase(): { readonly url: string; empty(): Promise<void> } {
  let database: Awaited<ReturnType<typeof createDatabase>> | null = null;
  beforeAll(async () => {
    database = await createDatabase();
    await (await openPostgresInbox({ url: database.url })).close();
  });
  afterAll(async () => {
    await database?.drop();
  });
  return {
    get url() {
      if (!database) throw new Error('the database is made before the first test');
      return database.url;
    },
    async empty() {
      await execute(this.url, EMPTY);
    },
  };
}

// Faster than TRUNCATE for the few rows of a test.
const EMPTY = `
  DELETE FROM crvs_bridge.messages; DELETE FROM crvs_bridge.events; DELETE FROM crvs_bridge.attempts;
  DELETE FROM crvs_bridge.documents; DELETE FROM crvs_bridge.replicas; DELETE FROM crvs_bridge.holds;
  DELETE FROM crvs_bridge.schedules; DELETE FROM crvs_bridge.questions; DELETE FROM crvs_bridge.answers;
  DELETE FROM crvs_bridge.identifiers; DELETE FROM crvs_bridge.unindexed; DELETE FROM crvs_bridge.audit;
  DELETE FROM crvs_bridge.refusals;`;

/** An inbox that is closed after the test. */
export async function opened(options: PostgresInboxOptions): Promise<Inbox> {
  const inbox = await openPostgresInbox(options);
  onTestFinished(() => inbox.close());
  return inbox;
}
