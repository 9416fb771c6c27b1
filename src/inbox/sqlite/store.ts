import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { auditTrail } from './audit.ts';
import { Connection } from './connection.ts';
import { documents } from './documents.ts';
import { eventQueue } from './event-queue.ts';
import { eventRecords } from './event-records.ts';
import { messages } from './messages.ts';
import { pendingRequests } from './pending-requests.ts';
import { refusals } from './refusals.ts';
import { migrate } from './schema.ts';

export interface StoreOptions {
  path: string;
  /** Whether this process delivers: takes the lock that only one process can hold, and gives back what died. */
  exclusive: boolean;
  /** Whether to make the file where there is none. */
  create: boolean;
  /** Milliseconds that an event waits whose delivery was cut off by the end of the last process. */
  interruptedGraceMs: number;
  /** Milliseconds since the epoch. */
  now: number;
}

export type SqliteStore = ReturnType<typeof openStore>;

/** The stores of the inbox on SQLite, synchronous: they run in a thread of their own (see `worker.ts`). */
export function openStore({ path, exclusive, create, interruptedGraceMs, now }: StoreOptions) {
  if (!create && !existsSync(path)) throw new Error('there is no such file; check INBOX_URL');
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  // Births and deaths: for the owner's eyes alone. SQLite gives its side files the mode of the main one.
  closeSync(openSync(path, 'a', 0o600));
  const lock = exclusive ? takeLock(`${path}.lock`) : null;
  const connection = new Connection(path);
  migrate(connection.db);
  const queue = eventQueue(connection);
  if (exclusive) queue.recover(now, interruptedGraceMs);
  const docs = documents(connection);
  return {
    ...messages(connection),
    ...queue,
    ...eventRecords(connection),
    ...docs,
    ...pendingRequests(connection),
    ...auditTrail(connection),
    ...refusals(connection),

    check(now: number): void {
      docs.putDocument('check', JSON.stringify(now));
      if (docs.getDocument('check') !== JSON.stringify(now))
        throw new Error('what was written did not come back');
    },

    close(): void {
      connection.close();
      lock?.close();
    },
  };
}

/**
 * Two bridges that deliver from one file would deliver twice. The operating system gives the lock of a dead process
 * back, so a `kill -9` leaves nothing to clean up.
 */
function takeLock(path: string): DatabaseSync {
  const lock = new DatabaseSync(path);
  try {
    lock.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
  } catch {
    lock.close();
    throw new Error(
      'another bridge is serving this inbox; stop it first, or give this one an INBOX_URL of its own',
    );
  }
  return lock;
}
