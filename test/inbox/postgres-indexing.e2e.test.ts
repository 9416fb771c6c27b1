import { beforeEach, describe, expect, it } from 'vitest';
import { openPostgresInbox } from '../../src/inbox/postgres/postgres-inbox.ts';
import { execute, opened, sharedDatabase } from './postgres-support.ts';
import { message, NOON, settled, vitalEvent } from './support.ts';

const shared = sharedDatabase();
beforeEach(() => shared.empty());

async function rows() {
  const [found] = await execute<{ unindexed: string; hashes: string }>(
    shared.url,
    `SELECT (SELECT coalesce(sum(cardinality(events)), 0) FROM crvs_bridge.unindexed) AS unindexed,
            (SELECT count(*) FROM crvs_bridge.identifiers) AS hashes`,
  );
  return { unindexed: Number(found?.unindexed), hashes: Number(found?.hashes) };
}

describe('the search hashes', () => {
  it('are written after the acknowledgement, also those that a process left that died', async () => {
    const before = await openPostgresInbox({ url: shared.url, exclusive: true });
    await Promise.all([before.accept(message()), before.accept(message({ events: [vitalEvent()] }))]);
    await before.accept(message({ events: [] }));
    await before.close();
    expect(await rows()).toEqual({ unindexed: 2, hashes: 0 });
    const looking = await opened({ url: shared.url });
    expect(await rows()).toEqual({ unindexed: 2, hashes: 0 });
    await opened({ url: shared.url, exclusive: true });
    expect(await rows()).toEqual({ unindexed: 0, hashes: 2 });
    expect(await looking.find('N-1', 10)).toHaveLength(2);
  });

  it('are there for each search, on all bridges at once, and are written once', async () => {
    const inboxes = await Promise.all([1, 2, 3].map(() => opened({ url: shared.url, exclusive: true })));
    await Promise.all(inboxes.map((inbox) => inbox.accept(message())));
    const found = await Promise.all(inboxes.map((inbox) => inbox.find('n-1', 10)));
    expect(found.map((events) => events.length)).toEqual([3, 3, 3]);
    expect(await rows()).toEqual({ unindexed: 0, hashes: 3 });
  });

  it('are written for so many events at once, however many one commit brought', async () => {
    const inbox = await openPostgresInbox({ url: shared.url, exclusive: true });
    const many = (count: number) => message({ events: Array.from({ length: count }, () => vitalEvent()) });
    await inbox.accept(many(4500));
    await inbox.accept(many(1));
    await inbox.close();
    const sizes = await execute<{ size: number }>(
      shared.url,
      'SELECT cardinality(events) AS size FROM crvs_bridge.unindexed ORDER BY 1',
    );
    expect(sizes.map(({ size }) => size)).toEqual([1, 500, 2000, 2000]);
    await opened({ url: shared.url, exclusive: true });
    expect(await rows()).toEqual({ unindexed: 0, hashes: 4501 });
  });

  it('go with their message', async () => {
    const inbox = await opened({ url: shared.url, exclusive: true });
    const { events } = await inbox.accept(message());
    await inbox.claim(1, NOON);
    await inbox.settle(
      events.map(({ id }) => settled(id)),
      NOON,
    );
    expect(await inbox.prune(NOON + 1)).toBe(1);
    expect(await rows()).toEqual({ unindexed: 0, hashes: 0 });
  });

  it('are not needed to find a message by its id', async () => {
    const inbox = await opened({ url: shared.url, exclusive: true });
    for (const senderId of ['one', 'two\u0000', 'three']) {
      await inbox.accept(message({ senderId, messageId: 'the same', contentDigest: 'd' }));
    }
    expect((await inbox.find('the same', 10)).map(({ senderId }) => senderId)).toEqual([
      'three',
      'two\u0000',
      'one',
    ]);
  });
});
