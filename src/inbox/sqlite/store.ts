import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { auditTrail } from './audit.ts';
import { Connection } from './connection.ts';
import { documents } from './documents.ts';
import { eventQueue } from './event-queue.ts';
import { eventRecords } from './event-records.ts';
import { FileGuard } from './file-guard.ts';
import { Indexing } from './indexing.ts';
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
  const guard = new FileGuard(path);
  if (exclusive) guard.takeLock();
  const connection = new Connection(guard.path);
  migrate(connection.db);
  const indexing = new Indexing(connection);
  const queue = eventQueue(connection, indexing);
  if (exclusive) queue.recover(now, interruptedGraceMs);
  // The log is there from the first read on.
  connection.get('SELECT count(*) FROM documents');
  guard.watchLog();
  const docs = documents(connection);
  if (exclusive) indexing.indexAll();
  return {
    ...messages(connection, indexing, () => guard.check()),
    ...queue,
    ...eventRecords(connection, indexing),
    ...docs,
    ...pendingRequests(connection),
    ...auditTrail(connection),
    ...refusals(connection),

    logBytes: (): number | null => statSync(guard.logPath, { throwIfNoEntry: false })?.size ?? 0,

    check(now: number): void {
      guard.check();
      docs.putDocument('check', JSON.stringify(now));
      if (docs.getDocument('check') !== JSON.stringify(now))
        throw new Error('what was written did not come back');
    },

    close(): void {
      connection.close();
      guard.close();
    },
  };
}
