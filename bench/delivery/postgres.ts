import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { INDEX_SQL } from '../../src/doctor/event-table.ts';

const run = promisify(execFile);
const TIMEOUT_MS = 600_000;

/**
 * The database behind an Odoo, for what its API cannot do or does slowly: reached with the program `psql`.
 */
export class Postgres {
  readonly #env: Record<string, string>;

  /** @param url such as `postgres://odoo:odoo@127.0.0.1/openspp` */
  constructor(url: string) {
    const { hostname, port, username, password, pathname } = new URL(url);
    // By the environment: other users of the machine see a command line.
    this.#env = {
      PATH: process.env.PATH ?? '',
      PGHOST: hostname,
      PGPORT: port || '5432',
      PGUSER: decodeURIComponent(username),
      PGPASSWORD: decodeURIComponent(password),
      PGDATABASE: decodeURIComponent(pathname.slice(1)),
    };
  }

  /** Runs one statement; gives what it prints. */
  async query(sql: string): Promise<string> {
    const { stdout } = await run('psql', ['-qAtX', '-v', 'ON_ERROR_STOP=1', '-c', sql], {
      env: this.#env,
      timeout: TIMEOUT_MS,
    });
    return stdout.trim();
  }

  /** Creates the index that `doctor` recommends, by its statement. */
  async createIndex(): Promise<void> {
    await this.query(INDEX_SQL);
  }

  /** Gives the space of deleted events back: a search without an index would go on reading the empty pages. */
  async compactEvents(): Promise<void> {
    await this.query('VACUUM (FULL, ANALYZE) spp_dci_crvs_event');
  }

  async dropIndex(): Promise<void> {
    await this.query(`DROP INDEX IF EXISTS ${INDEX_NAME}`);
  }

  async hasIndex(): Promise<boolean> {
    return (await this.query(`SELECT count(*) FROM pg_indexes WHERE indexname = '${INDEX_NAME}'`)) !== '0';
  }
}

const INDEX_NAME = /IF NOT EXISTS (\w+)/.exec(INDEX_SQL)?.[1] ?? '';
