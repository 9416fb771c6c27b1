import type { Settings } from '../config/schema.ts';
import type { Inbox } from '../inbox/inbox.ts';
import { openInbox } from '../inbox/open.ts';

/**
 * Runs the work of a command with the inbox of the settings, and closes it afterwards.
 *
 * @param create whether an inbox that is not there is made
 * @returns the exit code of the work
 * @throws where the inbox cannot be opened
 */
export async function withInbox(
  settings: Settings,
  create: boolean,
  work: (inbox: Inbox) => Promise<number>,
): Promise<number> {
  const inbox = await openInbox(settings.inbox.url, { create, queueLimit: settings.inbox.queueLimit });
  try {
    return await work(inbox);
  } finally {
    await inbox.close();
  }
}
