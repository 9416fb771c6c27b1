import type { DatabaseSync } from 'node:sqlite';
import { callsText } from '../../src/inbox/attempt-calls.ts';
import { type Inbox, InboxUnavailableError } from '../../src/inbox/inbox.ts';
import { Claims } from '../../src/inbox/postgres/claims.ts';
import type { Database, Sql } from '../../src/inbox/postgres/database.ts';
import { Holds } from '../../src/inbox/postgres/holds.ts';
import { Lease } from '../../src/inbox/postgres/lease.ts';
import { statusesOf } from '../../src/inbox/postgres/messages.ts';
import { scheduleShared } from '../../src/inbox/postgres/schedule.ts';
import { SettledWaiters } from '../../src/inbox/settled-waiters.ts';
import { migrate } from '../../src/inbox/sqlite/schema.ts';
import { WaitingCallbacks } from '../../src/inbox/waiting-callbacks.ts';
import type { Process } from '../time/scheduler.ts';
import { Disk } from './disk.ts';
import { runSql } from './postgres-sql.ts';
import { sqliteInbox } from './sqlite.ts';
import { EVENTS, GRACE_MS, type KeptEvent, type Later, type Storage } from './storage.ts';

/** Milliseconds of a lease: shorter than by default, so that less time has to be simulated. */
const LEASE_MS = 12_000;

/** What an inbox that is shared has besides: who has what. */
const SHARED = `
  ALTER TABLE events ADD COLUMN owner TEXT;
  ALTER TABLE messages ADD COLUMN size INTEGER GENERATED ALWAYS AS (length(body)) VIRTUAL;
  CREATE TABLE replicas (id TEXT PRIMARY KEY, expires_at REAL NOT NULL);
  CREATE TABLE holds (key TEXT PRIMARY KEY, owner TEXT NOT NULL);
  CREATE TABLE schedules (name TEXT PRIMARY KEY, owner TEXT, started_at REAL NOT NULL);`;

/** The clock of the server whose tables are used now: those of a thread are used by one simulation after the other. */
let serverClock: () => number = () => 0;

function makeTables(db: DatabaseSync): void {
  migrate(db);
  db.exec(SHARED);
  db.function('clock_ms', () => serverClock());
}

export interface PostgresPorts {
  later: Later;
  /** The server's own clock, in milliseconds. */
  clock(): number;
  /** Whether a call that fails, while the server does not answer, was committed anyway. */
  isCommitted(): boolean;
  note(process: Process, what: string, ...details: unknown[]): void;
}

/**
 * An inbox that several bridges share. The claims, the leases, the holds and the schedules are PostgreSQL's own code; what
 * says nothing of several bridges is that of SQLite, as one suite tests both. Each transaction is done at one moment: what
 * can happen between its statements is for the tests on a real server.
 */
export class PostgresStorage implements Storage {
  readonly #disk: Disk;
  readonly #ports: PostgresPorts;
  #down = false;
  #misunderstood: unknown = null;

  constructor(ports: PostgresPorts) {
    this.#ports = ports;
    serverClock = () => ports.clock();
    this.#disk = Disk.empty('postgres', makeTables, false);
  }

  async open(process: Process): Promise<Inbox> {
    const database = this.#databaseOf(process);
    const rest = sqliteInbox(this.#disk, process, {
      ...this.#ports,
      indexesAtOnce: true,
      // The server works on when a process dies.
      fails: () => (this.#down ? { committed: this.#ports.isCommitted() } : null),
    });
    const waiting = new WaitingCallbacks();
    const waiters = new SettledWaiters();
    const lease: Lease = new Lease(database, {
      leaseMs: LEASE_MS,
      interruptedGraceMs: GRACE_MS,
      onLost: () => {
        claims.forget();
        holds.forget();
      },
      onRenewed: () => void holds.freeDoubtful().catch(() => {}),
      onGivenBack: () => waiting.announce(),
    });
    const claims = new Claims(database, lease);
    const holds = new Holds(database, lease);
    let closed = false;
    const assertOpen = () => {
      if (closed) throw new InboxUnavailableError('the inbox is closed');
    };
    await lease.start();
    return {
      ...rest,
      waitSettled(inboxId, timeoutMs, signal) {
        return waiters.wait(inboxId, timeoutMs, signal, async () => {
          assertOpen();
          return (await statusesOf(database, [inboxId])).get(inboxId) ?? [];
        });
      },
      async claim(limit, now, lane = 'common') {
        assertOpen();
        return claims.claim(limit, now, lane);
      },
      async settle(settlements, now, calls = []) {
        assertOpen();
        const done = await claims.settle(settlements, now, callsText(calls));
        for (const { inboxId, events } of done.settled) waiters.tell(inboxId, events);
        if (done.waiting) waiting.announce();
      },
      async withdraw(ids, now) {
        const found = await rest.withdraw(ids, now);
        waiters.wake();
        return found;
      },
      onWaiting(callback) {
        const stops = [waiting.on(callback), rest.onWaiting(callback)];
        return () => {
          for (const stop of stops) stop();
        };
      },
      async hold(keys) {
        assertOpen();
        return holds.hold(keys);
      },
      async free(keys, afterMs) {
        assertOpen();
        return holds.free(keys, afterMs);
      },
      lease: () => lease.signal,
      async schedule(name, everyMs, work, onError) {
        assertOpen();
        return scheduleShared(database, lease, name, everyMs, work, onError);
      },
      async close() {
        await rest.close();
        closed = true;
        await lease.stop();
      },
    };
  }

  events(): KeptEvent[] {
    if (this.#misunderstood !== null) throw this.#misunderstood;
    return this.#disk.all(EVENTS);
  }

  setFull(isFull: boolean): void {
    this.#down = isFull;
  }

  powerCut(): void {
    // The server is another machine.
  }

  flush(): void {
    // It writes what it commits.
  }

  /** A statement that the engine does not understand is a fault of the simulator's, and ends the simulation. */
  #run(text: string, values: readonly unknown[]): Record<string, unknown>[] {
    try {
      return runSql(this.#disk, text, values);
    } catch (error) {
      this.#misunderstood ??= new Error(`the simulator does not understand this statement: ${text}`, {
        cause: error,
      });
      throw error;
    }
  }

  /** The way of a process to the server. */
  #databaseOf(process: Process): Database {
    const { later, note, isCommitted } = this.#ports;
    const one: Sql['rows'] = async (text, values = [], name) => {
      const rows = this.#run(text, values);
      if (name !== 'schedule-wait' && name !== 'schedule-take')
        note(process, `sql ${name ?? ''}`, values, rows);
      return rows as never;
    };
    const transaction = <T>(work: (sql: Sql) => Promise<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        later(process, async () => {
          const lost = () => reject(new InboxUnavailableError('PostgreSQL does not answer'));
          const down = this.#down;
          if (down && !isCommitted()) {
            later(process, lost);
            return;
          }
          this.#disk.begin();
          try {
            const result = await work({ rows: one });
            this.#disk.commit();
            later(process, down ? lost : () => resolve(result));
          } catch (error) {
            this.#disk.rollback();
            later(process, () => reject(error));
          }
        });
      });
    const database: Pick<Database, 'rows' | 'transaction' | 'close'> = {
      rows: (text, values, name) => transaction((sql) => sql.rows(text, values, name)),
      transaction,
      close: async () => {},
    };
    return database as Database;
  }
}
