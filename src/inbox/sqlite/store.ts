import { existsSync, statSync } from 'node:fs';
import { auditTrail } from './audit.ts';
import { Connection, type Sql } from './connection.ts';
import { documents } from './documents.ts';
import { eventQueue } from './event-queue.ts';
import { eventRecords } from './event-records.ts';
import { FileGuard } from './file-guard.ts';
import { Indexing } from './indexing.ts';
import { makeFile } from './make-file.ts';
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
  /** Whether to bring the file of an older bridge up to date, or refuse it. Default true. */
  upgrade?: boolean | undefined;
  /** Milliseconds that an event waits whose delivery was cut off by the end of the last process. */
  interruptedGraceMs: number;
  /** Milliseconds since the epoch. */
  now: number;
}

export type SqliteStore = ReturnType<typeof openStore>;

/**
 * The stores of the inbox on SQLite, synchronous: they run in a thread of their own (see `worker.ts`).
 *
 * @param onIndexing see `Indexing`
 */
export function openStore(
  { path, exclusive, create, upgrade, interruptedGraceMs, now }: StoreOptions,
  onIndexing: (failure: string | null) => void = () => {},
) {
  if (!create && !existsSync(path)) throw new Error('there is no such file; check INBOX_URL');
  makeFile(path);
  const guard = new FileGuard(path);
  if (exclusive) guard.takeLock();
  const connection = new Connection(guard.path);
  migrate(connection.db, upgrade);
  const stores = storesOn(connection, () => guard.check(), onIndexing);
  if (exclusive) stores.recover(now, interruptedGraceMs);
  // The log is there from the first read on.
  connection.get('SELECT count(*) FROM documents');
  guard.watchLog();
  if (exclusive) stores.indexAll();
  return {
    ...stores,

    logBytes: (): number | null => statSync(guard.logPath, { throwIfNoEntry: false })?.size ?? 0,

    close(): void {
      connection.close();
      guard.close();
    },
  };
}

/**
 * The stores on a connection to a database with the inbox's tables.
 *
 * @param assertKept throws where what is about to be committed would not be found again
 * @param onIndexing see `Indexing`
 */
export function storesOn(
  sql: Sql,
  assertKept: () => void,
  onIndexing: (failure: string | null) => void = () => {},
) {
  const indexing = new Indexing(sql, onIndexing);
  const docs = documents(sql);
  return {
    ...messages(sql, indexing, assertKept),
    ...eventQueue(sql, indexing),
    ...eventRecords(sql, indexing),
    ...docs,
    ...pendingRequests(sql),
    ...auditTrail(sql),
    ...refusals(sql),

    /** Writes the search hashes of all events that a process before this one left without. */
    indexAll: (): void => indexing.indexAll(),

    check(now: number): void {
      assertKept();
      docs.putDocument('check', JSON.stringify(now));
      if (docs.getDocument('check') !== JSON.stringify(now))
        throw new Error('what was written did not come back');
    },
  };
}
