import { expect, it } from 'vitest';
import { openPostgresInbox } from '../../src/inbox/postgres/postgres-inbox.ts';
import { inboxSuite } from './inbox-suite.ts';
import { execute, sharedDatabase } from './postgres-support.ts';
import { message, REFUSAL } from './support.ts';

const shared = sharedDatabase();

inboxSuite('PostgreSQL', async () => {
  await shared.empty();
  const inbox = await openPostgresInbox({ url: shared.url, exclusive: true });
  return { inbox, dispose: () => inbox.close() };
});

it('has the refusals of a message on disk when the message is accepted', async () => {
  await shared.empty();
  const inbox = await openPostgresInbox({ url: shared.url });
  try {
    await inbox.accept(message({ refusals: [REFUSAL] }));
    const kept = await execute(shared.url, 'SELECT reason FROM crvs_bridge.refusals');
    expect(kept).toEqual([{ reason: REFUSAL.reason }]);
  } finally {
    await inbox.close();
  }
});
