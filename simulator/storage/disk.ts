import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import type { Sql } from '../../src/inbox/sqlite/connection.ts';

/** What SQLite says where the disk is full. */
const FULL = Object.assign(new Error('database or disk is full'), { errcode: 13 });

/**
 * A disk with a database on it, which outlives the processes that use it. What is committed is kept; with `lazy`, only
 * what was committed before the last `flush` is, as on a disk whose fsync does nothing.
 */
export class Disk implements Sql {
  readonly db: DatabaseSync;
  /** While it is full, nothing can be written. */
  full = false;
  readonly #lazy: boolean;
  readonly #statements: Map<string, StatementSync>;
  #depth = 0;

  private constructor(base: Base, lazy: boolean) {
    this.db = base.db;
    this.#statements = base.statements;
    this.#lazy = lazy;
    if (lazy) this.db.exec('BEGIN');
  }

  /** An empty disk. The tables are made once a thread, and emptied for the next simulation. */
  static empty(name: string, makeTables: (db: DatabaseSync) => void, lazy: boolean): Disk {
    let base = bases.get(name);
    if (!base) {
      const db = new DatabaseSync(':memory:');
      makeTables(db);
      base = { db, statements: new Map(), tables: tablesOf(db) };
      bases.set(name, base);
    }
    if (base.db.isTransaction) base.db.exec('ROLLBACK');
    // Deleting the rows of one table may make rows in another, by a trigger.
    for (const { clear } of [...base.tables, ...base.tables]) clear.run();
    for (const { fill, rows } of base.tables) for (const row of rows) fill.run(...row);
    return new Disk(base, lazy);
  }

  run(sql: string, ...values: SQLInputValue[]) {
    if (this.full && this.#depth === 0) throw FULL;
    return this.#prepare(sql).run(...values);
  }

  get<T>(sql: string, ...values: SQLInputValue[]): T | undefined {
    return this.#prepare(sql).get(...values) as T | undefined;
  }

  all<T>(sql: string, ...values: SQLInputValue[]): T[] {
    return this.#prepare(sql).all(...values) as T[];
  }

  transaction<T>(work: () => T): T {
    this.begin();
    try {
      const result = work();
      if (this.full) throw FULL;
      this.commit();
      return result;
    } catch (error) {
      this.rollback();
      throw error;
    }
  }

  begin(): void {
    this.#depth += 1;
    this.db.exec(this.#lazy ? 'SAVEPOINT one' : 'BEGIN');
  }

  commit(): void {
    this.#depth -= 1;
    this.db.exec(this.#lazy ? 'RELEASE one' : 'COMMIT');
  }

  rollback(): void {
    this.#depth -= 1;
    this.db.exec(this.#lazy ? 'ROLLBACK TO one; RELEASE one' : 'ROLLBACK');
  }

  /** Puts on the disk what a lazy one kept in memory. */
  flush(): void {
    if (this.#lazy) this.db.exec('COMMIT; BEGIN');
  }

  /** The power is cut. */
  crash(): void {
    if (this.#lazy) this.db.exec('ROLLBACK; BEGIN');
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

interface Base {
  db: DatabaseSync;
  statements: Map<string, StatementSync>;
  tables: Table[];
}

/** A table, and the rows that it has when it is made. */
interface Table {
  clear: StatementSync;
  fill: StatementSync;
  rows: SQLInputValue[][];
}

function tablesOf(db: DatabaseSync): Table[] {
  const names = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").all();
  return names.map(({ name }) => {
    const rows = db.prepare(`SELECT * FROM ${name}`).all();
    const columns = db.prepare(`PRAGMA table_info(${name})`).all();
    return {
      clear: db.prepare(`DELETE FROM ${name}`),
      fill: db.prepare(`INSERT INTO ${name} VALUES (${columns.map(() => '?').join(', ')})`),
      rows: rows.map((row) => Object.values(row)),
    };
  });
}

const bases = new Map<string, Base>();
