import type { Inbox } from './inbox.ts';
import { openSqliteInbox, type SqliteInboxOptions } from './sqlite/sqlite-inbox.ts';

/**
 * Opens the inbox that an INBOX_URL names: `sqlite:PATH`.
 *
 * Rejects with `InboxUnavailableError` where it cannot be opened.
 */
export function openInbox(url: string, options: Omit<SqliteInboxOptions, 'path'>): Promise<Inbox> {
  return openSqliteInbox({ ...options, path: url.replace(/^sqlite:/, '') });
}
