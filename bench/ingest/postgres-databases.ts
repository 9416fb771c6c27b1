import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { type PostgresServer, startPostgres } from '../../test/postgres-server.ts';

/** New databases on a PostgreSQL server: the one that is named, else one that is started when it is first needed. */
export class PostgresDatabases {
  readonly #url: string | null;
  readonly #folder: string | undefined;
  #started: PostgresServer | null = null;

  /**
   * @param url of a server, and of a user who may create databases there
   * @param folder where the data of one that is started is put; its disk decides
   */
  constructor(url: string | null, folder: string | undefined) {
    this.#url = url;
    this.#folder = folder;
  }

  async create(): Promise<{ url: string; drop(): Promise<void> }> {
    if (this.#url === null) this.#started ??= await startPostgres(true, this.#folder);
    const server = this.#url ?? this.#started?.url ?? '';
    const name = `bench_${randomUUID().replaceAll('-', '')}`;
    await execute(server, `CREATE DATABASE ${name}`);
    const url = new URL(server);
    url.pathname = name;
    return { url: url.href, drop: () => execute(server, `DROP DATABASE ${name} WITH (FORCE)`) };
  }

  async close(): Promise<void> {
    await this.#started?.stop();
  }
}

async function execute(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
