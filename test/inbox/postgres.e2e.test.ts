import { openPostgresInbox } from '../../src/inbox/postgres/postgres-inbox.ts';
import { inboxSuite } from './inbox-suite.ts';
import { sharedDatabase } from './postgres-support.ts';

const shared = sharedDatabase();

inboxSuite('PostgreSQL', async () => {
  await shared.empty();
  const inbox = await openPostgresInbox({ url: shared.url, exclusive: true });
  return { inbox, dispose: () => inbox.close() };
});
