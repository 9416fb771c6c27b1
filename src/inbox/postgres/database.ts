import pg from 'pg';
import { InboxUnavailableError } from '../unavailable.ts';
import { Client } from './client.ts';
import { isCollision, isSqlState, unavailable } from './failure.ts';
import { assertOwnSession } from './session.ts';

/** Where SQL can be sent: a connection in a transaction, or any. */
export interface Sql {
  /**
   * @param name of the statement where it is to be prepared once a connection: the same text each time
   * @returns the rows; whole numbers of any width as numbers
   */
  rows<T>(text: string, values?: readonly unknown[], name?: string): Promise<T[]>;
}

export interface DatabaseOptions {
  /** `postgres://…`; its parameters win over what is set here. */
  url: string;
  /** Connections at most. */
  poolSize: number;
  /** Milliseconds that a connection, and a statement, may take. */
  timeoutMs: number;
}

/** How often a transaction is begun again that ran into another one. */
const COLLISIONS = 5;
const INT8 = 20;
/**
 * Answers after which a new connection does better: the server is going, or is a standby by now (25006); a prepared
 * statement is gone (26000), or of tables that were changed since (0A000).
 */
const WORN_OUT = /^(57P..|25006|26000|0A000)$/;

/** Connections to the server. Everything rejects with `InboxUnavailableError`, and within a bounded time. */
export class Database implements Sql {
  readonly #pool: pg.Pool;
  /** @throws {InboxUnavailableError} where the address cannot be read */
  constructor({ url, poolSize, timeoutMs }: DatabaseOptions) {
    try {
      // Asked for here, so that an address that cannot be read is refused at the start.
      const limits = limitsLeftBy(url);
      this.#pool = new pg.Pool({
        Client,
        application_name: 'openspp-crvs-bridge',
        connectionString: url,
        max: poolSize,
        connectionTimeoutMillis: timeoutMs,
        // A server that is cut off says nothing at all: then it is this side that gives up.
        query_timeout: timeoutMs + 1000,
        keepAlive: true,
        types: {
          getTypeParser: ((oid: number, format: 'text') =>
            oid === INT8 ? Number : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
        },
        // What is acknowledged must be on disk, even where the server's default says otherwise. PgBouncer lets nobody in
        // who asks for a time-out when connecting.
        onConnect: async (client) => {
          const { rows } = await client.query<{ pid: number }>(
            `SELECT pg_backend_pid() AS pid, CASE WHEN current_setting('synchronous_commit') = 'off'
                                             THEN set_config('synchronous_commit', 'on', false) END
             ${limits.map((name) => `, set_config('${name}', '${Math.trunc(timeoutMs)}', false)`).join('')}`,
          );
          await assertOwnSession(client, rows[0]?.pid ?? 0, () => second(url, timeoutMs));
        },
      });
    } catch (error) {
      // The reason would quote the address, and the password in it.
      const { syscall, code } = error as NodeJS.ErrnoException;
      throw new InboxUnavailableError(
        syscall === undefined
          ? 'INBOX_URL cannot be read: it must be postgres://USER:PASSWORD@HOST:PORT/DATABASE, with special characters percent-encoded'
          : `a file that INBOX_URL names in sslrootcert, sslcert or sslkey cannot be read (${code})`,
      );
    }
    // A connection that breaks while nobody uses it; the next call opens another.
    this.#pool.on('error', () => {});
    this.#pool.on('connect', (client) => client.on('error', () => {}));
  }

  async rows<T>(text: string, values: readonly unknown[] = [], name?: string): Promise<T[]> {
    return this.#withClient((client) => rowsOf<T>(client, text, values, name));
  }

  /** Does `work` in one transaction, which is committed when it resolves; again where it ran into another one. */
  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    return this.#retried(async (client) => {
      await client.query('BEGIN ISOLATION LEVEL READ COMMITTED');
      try {
        const result = await work(sqlOf(client));
        await client.query('COMMIT');
        return result;
      } catch (error) {
        await client.query('ROLLBACK').catch(() => {});
        throw error;
      }
    });
  }

  /** Does `work`, a statement that is a transaction of its own; again where it ran into another one. */
  retried<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    return this.#retried((client) => work(sqlOf(client)));
  }

  async #retried<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    for (let collisions = 0; ; collisions += 1) {
      try {
        return await this.#withClient(work, { translate: false });
      } catch (error) {
        if (!isCollision(error) || collisions >= COLLISIONS) throw unavailable(error);
      }
    }
  }

  /** A connection of one's own, without a limit on how long a statement may take; its locks end with it. */
  async session<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    return this.#withClient(
      async (client) => {
        await client.query('SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0');
        return work({
          rows: <R>(text: string, values: readonly unknown[] = []) =>
            rowsOf<R>(client, text, values, undefined, 0),
        });
      },
      { once: true },
    );
  }

  /** @param options `once` ends the connection afterwards; `translate: false` leaves errors as they are */
  async #withClient<T>(
    work: (client: pg.PoolClient) => Promise<T>,
    { once = false, translate = true } = {},
  ): Promise<T> {
    let client: pg.PoolClient;
    try {
      client = await this.#pool.connect();
    } catch (error) {
      throw unavailable(error);
    }
    let broken = once;
    try {
      return await work(client);
    } catch (error) {
      // After an answer from the server the connection is fine; after anything else nobody knows what comes next on it.
      const code = (error as { code?: unknown } | null)?.code;
      broken ||= !isSqlState(code) || WORN_OUT.test(code);
      throw translate ? unavailable(error) : error;
    } finally {
      client.release(broken);
    }
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }
}

/** The time-outs that an address does not set itself. */
function limitsLeftBy(url: string): string[] {
  const { connectionParameters: said } = new Client({ connectionString: url }) as unknown as {
    connectionParameters: Record<string, unknown>;
  };
  return ['statement_timeout', 'idle_in_transaction_session_timeout'].filter((name) => !said[name]);
}

/** Milliseconds for which a pooler may let a second connection wait. */
const SECOND_MS = 3000;

/** One more connection, for as long as a test takes. */
async function second(url: string, timeoutMs: number) {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: Math.min(timeoutMs, SECOND_MS),
    query_timeout: Math.min(timeoutMs, SECOND_MS),
  });
  client.on('error', () => {});
  await client.connect();
  return { session: client, end: () => client.end() };
}

function sqlOf(client: pg.PoolClient): Sql {
  return {
    rows: <R>(text: string, values: readonly unknown[] = [], name?: string) =>
      rowsOf<R>(client, text, values, name),
  };
}

async function rowsOf<T>(
  client: pg.PoolClient,
  text: string,
  values: readonly unknown[],
  name?: string,
  timeoutMs?: number,
): Promise<T[]> {
  const query: pg.QueryConfig & { query_timeout?: number } = { text };
  // Without values it goes as a simple query, which may hold several statements.
  if (values.length > 0) query.values = [...values];
  if (name !== undefined) query.name = name;
  if (timeoutMs !== undefined) query.query_timeout = timeoutMs;
  const result = (await client.query(query)) as pg.QueryResult | pg.QueryResult[];
  return (Array.isArray(result) ? result.flatMap(({ rows }) => rows) : result.rows) as T[];
}
