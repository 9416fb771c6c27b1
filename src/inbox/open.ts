import { type Inbox, InboxUnavailableError } from './inbox.ts';
import type { PostgresInboxOptions } from './postgres/postgres-inbox.ts';
import { openSqliteInbox, type SqliteInboxOptions } from './sqlite/sqlite-inbox.ts';

export type InboxOptions = Omit<SqliteInboxOptions, 'path'> & Omit<PostgresInboxOptions, 'url'>;

/** Whether an INBOX_URL names a storage that several bridges can share. */
function isShared(url: string): boolean {
  return /^postgres(ql)?:\/\//.test(url);
}

/**
 * Opens the inbox that an INBOX_URL names: `sqlite:PATH` or `postgres://…`.
 *
 * Rejects with `InboxUnavailableError` where it cannot be opened.
 */
export async function openInbox(url: string, options: InboxOptions): Promise<Inbox> {
  if (url.startsWith('sqlite:')) return openSqliteInbox({ ...options, path: url.slice('sqlite:'.length) });
  if (!isShared(url)) throw new InboxUnavailableError('INBOX_URL must be sqlite:PATH or postgres://…');
  // Loaded only where it is chosen: the driver is of no use to SQLite.
  const { openPostgresInbox } = await import('./postgres/postgres-inbox.ts');
  return openPostgresInbox({ ...options, url });
}
