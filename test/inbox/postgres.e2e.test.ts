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

it('leaves an inbox of an older bridge as it is where that is asked for', async () => {
  const version = async () =>
    (await execute<{ version: number }>(shared.url, 'SELECT version FROM crvs_bridge.version'))[0]?.version ??
    0;
  const newest = await version();
  await (await openPostgresInbox({ url: shared.url, upgrade: false })).close();
  await execute(shared.url, 'UPDATE crvs_bridge.version SET version = version - 1');
  try {
    await expect(openPostgresInbox({ url: shared.url, create: false, upgrade: false })).rejects.toThrow(
      /older bridge/,
    );
    expect(await version()).toBe(newest - 1);
  } finally {
    await execute(shared.url, `UPDATE crvs_bridge.version SET version = ${newest}`);
  }
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
