import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { SORT_COLUMNS } from '../../src/inbox/event-records.ts';
import type { NewMessage, Receipt } from '../../src/inbox/inbox.ts';
import { packMessages, unpackReceipts } from '../../src/inbox/sqlite/hand-over.ts';
import { openSqliteInbox } from '../../src/inbox/sqlite/sqlite-inbox.ts';
import { openStore, type SqliteStore } from '../../src/inbox/sqlite/store.ts';
import { message, NOON, settled, temporaryFolder, vitalEvent } from './support.ts';

const newPath = () => join(temporaryFolder(), 'inbox.db');

/** A store in this thread, where nothing is indexed by itself. */
function opened(path: string, exclusive = false): SqliteStore {
  const store = openStore({ path, exclusive, create: true, interruptedGraceMs: 0, now: NOON });
  onTestFinished(() => store.close());
  return store;
}

/** The file as another process sees it. */
function beside(path: string): DatabaseSync {
  const database = new DatabaseSync(path);
  onTestFinished(() => database.close());
  return database;
}

function acceptAll(store: SqliteStore, ...messages: NewMessage[]): Receipt[] {
  const { packed, correlationIds } = packMessages(messages);
  return unpackReceipts(messages, correlationIds, store.acceptAll(packed));
}

const kinds = (receipts: Receipt[]) => receipts.map(({ kind }) => kind);
const idsOf = (receipts: Receipt[]) => receipts.flatMap(({ events }) => events.map(({ id }) => id));

/** How many rows of each index there are, and up to which message. */
function indexedRows(path: string) {
  return beside(path)
    .prepare(
      `SELECT (SELECT up_to FROM indexed) AS upTo, (SELECT count(*) FROM message_keys) AS keys,
              (SELECT count(*) FROM identifiers) AS hashes, (SELECT sum(count) FROM event_counts) AS events,
              (SELECT count(*) FROM events WHERE indexed = 0) AS open`,
    )
    .get();
}

describe('a message that is committed and not indexed yet', () => {
  it('is known when it comes again, also in one group with itself', () => {
    const store = opened(newPath());
    const first = message();
    const [receipt] = acceptAll(store, first);
    expect(store.unindexed()).toBe(1);
    expect(acceptAll(store, first)).toEqual([{ ...receipt, kind: 'repeated' }]);
    const twice = message();
    const other = { ...twice, contentDigest: 'another' };
    expect(kinds(acceptAll(store, twice, other, twice, first))).toEqual([
      'created',
      'conflict',
      'repeated',
      'repeated',
    ]);
    expect(store.indexSome()).toBe(false);
    expect(store.unindexed()).toBe(0);
    expect(kinds(acceptAll(store, first, other))).toEqual(['repeated', 'conflict']);
  });

  it('is known to another process that takes messages, whichever of them indexes', () => {
    const path = newPath();
    const [one, other] = [opened(path), opened(path)];
    const [first, second, third] = [message(), message(), message()];
    const receipts = [...acceptAll(one, first), ...acceptAll(other, second)];
    expect(kinds(acceptAll(other, first, third))).toEqual(['repeated', 'created']);
    expect(kinds(acceptAll(one, second, third))).toEqual(['repeated', 'repeated']);
    one.indexSome();
    expect(kinds(acceptAll(other, first, second, third))).toEqual(['repeated', 'repeated', 'repeated']);
    expect(other.indexSome()).toBe(false);
    expect(other.unindexed()).toBe(0);
    expect(new Set(receipts.map(({ inboxId }) => inboxId)).size).toBe(2);
    expect(indexedRows(path)).toEqual({ upTo: 3, keys: 3, hashes: 6, events: 3, open: 0 });
  });

  it('is seen by all who ask', () => {
    const store = opened(newPath());
    const asks: Record<string, (id: number, receipt: Receipt) => unknown> = {
      claim: (id) => expect(store.claim(1000, NOON).events.map((event) => event.id)).toContain(id),
      find: (id) => expect(store.find('Ab-7', 10).map((event) => event.id)).toContain(id),
      'find by its correlation id': (id, { correlationId }) =>
        expect(store.find(correlationId, 10)).toMatchObject([{ id }]),
      tally: () =>
        expect(store.tally().rows).toMatchObject([
          { type: 'death', state: 'delivering' },
          { state: 'waiting' },
        ]),
      counts: () => expect(store.counts()).toMatchObject({ oldestUnsettledAt: NOON }),
      rates: () => expect(store.rates(NOON, 1, 1).accepted[0]).toBeGreaterThan(0),
      lastMessages: () => expect(store.lastMessages(['one'])).toEqual(new Map([['one', NOON]])),
      list: (id) => expect(store.listSome({}, null, 1).events).toMatchObject([{ id }]),
      show: (id) => expect(store.show(id)).toMatchObject({ id, state: 'waiting' }),
    };
    for (const [name, ask] of Object.entries(asks)) {
      const identifiers = [{ type: 'UIN', value: 'aB-7' }];
      const [receipt] = acceptAll(store, message({ senderId: 'one', events: [vitalEvent({ identifiers })] }));
      if (!receipt) throw new Error('one message has one receipt');
      expect(store.unindexed(), name).toBeGreaterThan(0);
      ask(idsOf([receipt])[0] ?? 0, receipt);
    }
  });

  it('is counted right, whatever became of its event before', () => {
    const store = opened(newPath());
    const [one = 0, two = 0] = idsOf(acceptAll(store, message(), message(), message()));
    expect(store.setAside([one, two])).toEqual([one, two]);
    expect(store.retry([two])).toEqual([two]);
    expect(store.tally().rows).toEqual([
      { type: 'death', state: 'dead', outcome: null, count: 1 },
      { type: 'death', state: 'waiting', outcome: null, count: 2 },
    ]);
    expect(store.claim(10, NOON).events).toHaveLength(2);
  });

  it('is not one of another message that has its key', () => {
    const path = newPath();
    const store = opened(path);
    const [first, second] = [message(), message()];
    acceptAll(store, first);
    store.indexSome();
    acceptAll(store, message());
    const key = beside(path).prepare('SELECT key FROM message_keys').get()?.key ?? null;
    const { packed } = packMessages([second]);
    // Both the indexed one and the one that is not get the key of the next message.
    store.acceptAll(packed);
    const next = beside(path).prepare('SELECT key FROM messages WHERE id = 3').get()?.key ?? null;
    beside(path).exec(
      `UPDATE messages SET key = ${next} WHERE id = 1; UPDATE message_keys SET key = ${next} WHERE key = ${key}`,
    );
    expect(kinds(acceptAll(store, second))).toEqual(['repeated']);
    expect(acceptAll(store, second)[0]?.inboxId).toBe(3);
    store.indexSome();
    expect(acceptAll(store, second)[0]?.inboxId).toBe(3);
  });
});

describe('indexing', () => {
  it('goes on where a process that died left it', () => {
    const path = newPath();
    const dead = opened(path);
    const known = message();
    acceptAll(dead, known, message(), message());
    expect(indexedRows(path)).toMatchObject({ upTo: 0, open: 3 });
    // Who only looks does not index, and still knows the messages.
    const looking = opened(path);
    expect(indexedRows(path)).toMatchObject({ upTo: 0, open: 3 });
    expect(kinds(acceptAll(looking, known))).toEqual(['repeated']);
    const serving = opened(path, true);
    expect(indexedRows(path)).toEqual({ upTo: 3, keys: 3, hashes: 6, events: 3, open: 0 });
    expect(kinds(acceptAll(serving, known))).toEqual(['repeated']);
  });

  it('is all of a slice or nothing, and is tried again', () => {
    const path = newPath();
    const store = opened(path);
    const known = message();
    acceptAll(store, known);
    const other = beside(path);
    other.exec("CREATE TRIGGER broken BEFORE INSERT ON identifiers BEGIN SELECT raise(ABORT, 'broken'); END");
    expect(() => store.indexSome()).toThrow('broken');
    expect(indexedRows(path)).toMatchObject({ upTo: 0, keys: 0, open: 1 });
    // What is not found could be a death that was taken back meanwhile: a search that may miss it is none.
    expect(() => store.find('N-1', 10)).toThrow('broken');
    expect(kinds(acceptAll(store, known))).toEqual(['repeated']);
    // Lists have it, by whatever it is asked for.
    const { senderId } = known;
    for (const filter of [{}, { senderId }, { state: 'waiting' }, { type: 'death' }] as const) {
      expect(store.countSome(filter, null, 9).count).toBe(1);
      for (const sort of [undefined, ...SORT_COLUMNS.map((by) => ({ by, descending: false, now: NOON }))])
        expect(store.listSome({ ...filter, sort }, null, 9).events).toMatchObject([{ senderId }]);
    }
    expect(store.listSome({ senderId: 'nobody' }, null, 9).events).toEqual([]);
    other.exec('DROP TRIGGER broken');
    expect(store.find('N-1', 10)).toHaveLength(1);
    expect(indexedRows(path)).toEqual({ upTo: 1, keys: 1, hashes: 2, events: 1, open: 0 });
  });

  it('goes slice by slice, in order', () => {
    const path = newPath();
    const store = opened(path);
    acceptAll(store, ...Array.from({ length: 1001 }, () => message({ events: [] })));
    expect(store.indexSome()).toBe(true);
    expect(indexedRows(path)).toMatchObject({ upTo: 1000, keys: 1000 });
    expect(store.unindexed()).toBe(1);
    expect(store.indexSome()).toBe(false);
    expect(indexedRows(path)).toMatchObject({ upTo: 1001, keys: 1001 });
  });

  it('takes no more events at once than a commit should, and at least one message', () => {
    const path = newPath();
    const store = opened(path);
    const of = (count: number) => message({ events: Array.from({ length: count }, () => vitalEvent()) });
    acceptAll(store, of(3000), of(2000), of(1), of(6000), of(1), of(0));
    const steps: unknown[] = [];
    for (let left = true; left; ) {
      left = store.indexSome();
      steps.push(indexedRows(path)?.upTo);
    }
    expect(steps).toEqual([2, 3, 4, 6]);
    expect(indexedRows(path)).toMatchObject({ keys: 6, events: 11_002, open: 0 });
  });

  it('is done by the inbox itself when enough have come', async () => {
    const path = newPath();
    const inbox = await openSqliteInbox({ path, exclusive: true });
    onTestFinished(() => inbox.close());
    await Promise.all(Array.from({ length: 1200 }, () => inbox.accept(message({ events: [] }))));
    // The thread takes its next call only after that.
    await inbox.getDocument('any');
    expect(indexedRows(path)?.upTo).toBeGreaterThanOrEqual(1000);
  });

  it('finds events of any age, the newest first', () => {
    const store = opened(newPath());
    const shared = () => vitalEvent({ identifiers: [{ type: 'BRN', value: 'shared' }] });
    const rare = () => vitalEvent({ identifiers: [] });
    const ids = idsOf(
      acceptAll(
        store,
        message({ events: [shared()] }),
        // More than one part of the search index holds.
        message({ events: Array.from({ length: 20_000 }, rare) }),
        message({ events: [shared(), shared()] }),
      ),
    );
    const found = (limit: number) => store.find('SHARED', limit).map(({ id }) => id);
    expect(found(10)).toEqual([ids.at(-1), ids.at(-2), ids[0]]);
    expect(found(2)).toEqual([ids.at(-1), ids.at(-2)]);
  });

  it('gives no id of a message twice, also where the newest were pruned', () => {
    const store = opened(newPath());
    const first = acceptAll(store, message(), message());
    store.claim(10, NOON);
    store.settle(
      idsOf(first).map((id) => settled(id)),
      NOON,
    );
    expect(store.prune(NOON + 1, 10)).toBe(2);
    const known = message();
    expect(acceptAll(store, known)[0]?.inboxId).toBe((first[1]?.inboxId ?? 0) + 1);
    expect(store.find('N-1', 10)).toHaveLength(1);
    expect(kinds(acceptAll(store, known))).toEqual(['repeated']);
  });
});
