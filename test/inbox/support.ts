import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, beforeEach, onTestFinished } from 'vitest';
import type { VitalEvent } from '../../src/events/vital-event.ts';
import type { Inbox, NewMessage, Settlement } from '../../src/inbox/inbox.ts';
import type { Refusal } from '../../src/inbox/refusals.ts';
import { openSqliteInbox, type SqliteInboxOptions } from '../../src/inbox/sqlite/sqlite-inbox.ts';

/** 2024-06-15, noon in Greenwich. */
export const NOON = Date.UTC(2024, 5, 15, 12);
export const DAY = 86_400_000;

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'crvs-bridge-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** An inbox in a file of its own, closed and gone after the test. */
export async function temporaryInbox(options: Partial<SqliteInboxOptions> = {}): Promise<Inbox> {
  const path = join(temporaryFolder(), 'inbox.db');
  const inbox = await openSqliteInbox({ path, exclusive: true, ...options });
  onTestFinished(() => inbox.close());
  return inbox;
}

/**
 * One inbox for all tests of a file, empty before each: opening one takes longer than most tests. Call it outside of
 * tests; what it gives can be used in them.
 */
export function sharedInbox(): { readonly inbox: Inbox; readonly path: string } {
  const folder = mkdtempSync(join(tmpdir(), 'crvs-bridge-test-'));
  const path = join(folder, 'inbox.db');
  let opened: Inbox | null = null;
  beforeAll(async () => {
    opened = await openSqliteInbox({ path, exclusive: true });
  });
  beforeEach(async () => {
    if (opened) await empty(opened, path);
  });
  afterAll(async () => {
    await opened?.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    path,
    get inbox() {
      if (!opened) throw new Error('the inbox is opened before the first test');
      return opened;
    },
  };
}

/** Settles whatever there is, and deletes it; what is set aside is deleted as it is, for it may not be retried. */
async function empty(inbox: Inbox, path: string): Promise<void> {
  const ALL = 1_000_000;
  await inbox.claim(ALL, Number.MAX_SAFE_INTEGER);
  const left = await inbox.list({ state: 'delivering', limit: ALL });
  await inbox.settle(
    left.map(({ id }) => settled(id)),
    NOON,
  );
  // Indexes what came: the inbox's own thread has nothing left to write while this one deletes.
  await inbox.prune(Number.MAX_SAFE_INTEGER);
  const aside = await inbox.list({ limit: ALL });
  if (aside.length > 0) deleteAside(path);
}

function deleteAside(path: string): void {
  const database = new DatabaseSync(path, { timeout: 10_000 });
  database.exec(
    `DELETE FROM identifiers WHERE event IN
       (SELECT id FROM events WHERE message IN (SELECT message FROM events WHERE state = 'dead'));
     DELETE FROM messages WHERE id IN (SELECT message FROM events WHERE state = 'dead')`,
  );
  const { left } = database.prepare('SELECT count(*) AS left FROM events').get() as { left: number };
  database.close();
  if (left > 0) throw new Error(`${left} events of the last test are left in the inbox`);
}

/** What the intake makes of a record that it cannot read. */
export const REFUSAL: Refusal = {
  at: NOON,
  connector: 'dci',
  senderId: 'crvs.test',
  code: 'err.request.bad',
  status: 202,
  reason: 'record.unreadable',
  field: 'message.notify_event[0].data',
  correlationId: 'c-1',
};

let lastMessage = 0;

/** A message of one death, unless `over` says otherwise; each with a `message_id` of its own. */
export function message(over: Partial<NewMessage> = {}): NewMessage {
  lastMessage += 1;
  return {
    senderId: 'crvs.test',
    messageId: `m-${lastMessage}`,
    contentDigest: `digest of ${over.messageId ?? lastMessage}`,
    action: 'notify',
    dialect: 'openspp',
    kid: 'crvs.test|key-1|ed25519',
    receivedAt: NOON,
    body: '{"header": {}, "message": {}}',
    events: [vitalEvent()],
    ...over,
  };
}

export function vitalEvent(over: Partial<VitalEvent> = {}): VitalEvent {
  return { type: 'death', date: '2024-06-01', identifiers: [{ type: 'UIN', value: 'N-1' }], ...over };
}

/** An event whose outcome is in OpenSPP. */
export function settled(
  id: number,
  over: Partial<Extract<Settlement, { kind: 'settled' }>> = {},
): Settlement {
  return {
    kind: 'settled',
    id,
    outcome: 'processed',
    odooEventId: 1000 + id,
    errorMessage: null,
    notes: null,
    ...over,
  };
}

export function released(id: number, dueAt: number | null, reason = 'odoo.unreachable'): Settlement {
  return { kind: 'released', id, dueAt, reason };
}
