import { expect, it } from 'vitest';
import { openPostgresInbox } from '../../src/inbox/postgres/postgres-inbox.ts';
import { inboxSuite } from './inbox-suite.ts';
import { execute, sharedDatabase } from './postgres-support.ts';
import { message, REFUSAL } from './support.ts';

const shared = sharedDatabase();

const BREAK = `
  CREATE FUNCTION crvs_bridge.broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no room'; END $$;
  CREATE TRIGGER broken BEFORE INSERT ON crvs_bridge.identifiers EXECUTE FUNCTION crvs_bridge.broken()`;
const REPAIR = 'DROP FUNCTION IF EXISTS crvs_bridge.broken() CASCADE';

inboxSuite(
  'PostgreSQL',
  async () => {
    await shared.empty();
    const reported: (string | null)[] = [];
    const inbox = await openPostgresInbox({
      url: shared.url,
      exclusive: true,
      onIndexing: (one) => reported.push(one),
    });
    const run = async (sql: string) => void (await execute(shared.url, sql));
    const storage = {
      reported,
      execute: (sql: string) => run(`SET search_path = crvs_bridge; ${sql}`),
      async breakIndexing() {
        await run(BREAK);
        return () => run(REPAIR);
      },
    };
    return {
      inbox,
      storage,
      async dispose() {
        await inbox.close();
        await run(REPAIR);
      },
    };
  },
  true,
);

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
