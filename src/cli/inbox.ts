import type { Settings } from '../config/schema.ts';
import { type Inbox, InboxUnavailableError } from '../inbox/inbox.ts';
import { openInbox } from '../inbox/open.ts';
import { say } from './output.ts';

/**
 * Runs the work of a command with the inbox of the settings, and closes it afterwards.
 *
 * @param create whether an inbox that is not there is made; `look` neither makes one nor brings an old one up to date
 * @returns what the work gives
 * @throws {InboxUnavailableError} where the inbox cannot be opened
 */
export async function withInbox<T>(
  settings: Settings,
  create: boolean | 'look',
  work: (inbox: Inbox) => Promise<T>,
): Promise<T> {
  const inbox = await openInbox(settings.inbox.url, {
    create: create === true,
    upgrade: create !== 'look',
    queueLimit: settings.inbox.queueLimit,
  });
  try {
    return await work(inbox);
  } finally {
    await inbox.close();
  }
}

/**
 * The inbox for a command that can do without one; null where there is none, which standard error then says.
 *
 * @param loss what the command cannot do without it
 */
export async function inboxOrNull(settings: Settings, loss: string): Promise<Inbox | null> {
  try {
    return await openInbox(settings.inbox.url, { create: false });
  } catch (error) {
    if (!(error instanceof InboxUnavailableError)) throw error;
    say(`without an inbox (${error.message}): ${loss}`);
    return null;
  }
}
