import { PostgresStorage } from '../../simulator/storage/postgres.ts';
import { SqliteStorage } from '../../simulator/storage/sqlite.ts';
import type { Storage } from '../../simulator/storage/storage.ts';
import { inboxSuite } from '../inbox/inbox-suite.ts';

const process = { name: 'bridge', dead: false, frozenUntil: 0, skewMs: 0 };
const later = (_process: unknown, run: () => void) => void setImmediate(run);
const note = () => {};

async function opened(storage: Storage) {
  const inbox = await storage.open(process);
  return { inbox, dispose: () => inbox.close() };
}

inboxSuite('SQLite, in the simulator', () => opened(new SqliteStorage({ later, note }, false)));

inboxSuite('PostgreSQL, in the simulator', () =>
  opened(new PostgresStorage({ later, note, clock: Date.now, isCommitted: () => false })),
);
