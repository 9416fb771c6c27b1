import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';

/** The stores' way to the database, in the inbox's own thread. */
export interface Sql {
  run(
    sql: string,
    ...values: SQLInputValue[]
  ): { changes: number | bigint; lastInsertRowid: number | bigint };
  get<T>(sql: string, ...values: SQLInputValue[]): T | undefined;
  all<T>(sql: string, ...values: SQLInputValue[]): T[];
  /** All of `work` in one commit, or nothing of it. */
  transaction<T>(work: () => T): T;
}

/** The disk is full, or a quota is used up (https://sqlite.org/rescode.html#full). */
const SQLITE_FULL = 13;

/**
 * Pages in the write-ahead log from which on they are put in place, and bytes that it keeps then: as many. It is above
 * that only while somebody reads from before, a backup or a shell; the first commit after the reader makes it small
 * again.
 */
const LOG_PAGES = 16_000;
export const LOG_LIMIT_BYTES = LOG_PAGES * 4096;

/** One writer, `journal_mode=WAL` and `synchronous=FULL`: a commit that returned was fsynced. */
export class Connection implements Sql {
  readonly db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(path: string) {
    this.db = new DatabaseSync(path);
    this.db.exec(
      `PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
       PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16000;
       PRAGMA wal_autocheckpoint = ${LOG_PAGES}; PRAGMA journal_size_limit = ${LOG_LIMIT_BYTES};`,
    );
  }

  run(sql: string, ...values: SQLInputValue[]) {
    return this.#prepare(sql).run(...values);
  }

  get<T>(sql: string, ...values: SQLInputValue[]): T | undefined {
    return this.#prepare(sql).get(...values) as T | undefined;
  }

  all<T>(sql: string, ...values: SQLInputValue[]): T[] {
    return this.#prepare(sql).all(...values) as T[];
  }

  transaction<T>(work: () => T): T {
    this.db.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.db.exec('COMMIT');
      return result;
    } catch (error) {
      // A full disk may have rolled back by itself.
      if (this.db.isTransaction) this.db.exec('ROLLBACK');
      if ((error as { errcode?: number }).errcode === SQLITE_FULL) this.#freeSpace();
      throw error;
    }
  }

  close(): void {
    this.db.close();
  }

  /** Most of what the write-ahead log takes are older states of pages: putting the newest in place gives it back. */
  #freeSpace(): void {
    try {
      this.db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } catch {
      // No room even for that: the next commit fails.
    }
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}
