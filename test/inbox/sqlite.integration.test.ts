import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { identifierHash } from '../../src/inbox/identifier-hash.ts';
import { type Inbox, InboxUnavailableError, type NewMessage, type Receipt } from '../../src/inbox/inbox.ts';
import { openInbox } from '../../src/inbox/open.ts';
import { LOG_LIMIT_BYTES } from '../../src/inbox/sqlite/connection.ts';
import { packMessages, unpackReceipts } from '../../src/inbox/sqlite/hand-over.ts';
import { migrate } from '../../src/inbox/sqlite/schema.ts';
import { openSqliteInbox, type SqliteInboxOptions } from '../../src/inbox/sqlite/sqlite-inbox.ts';
import { openStore as openedStore, type SqliteStore } from '../../src/inbox/sqlite/store.ts';
import { inboxSuite } from './inbox-suite.ts';
import { message, NOON, REFUSAL, released, settled, temporaryFolder, vitalEvent } from './support.ts';

/** Lets nothing be written into the search index. */
const BREAK =
  "CREATE TRIGGER broken BEFORE INSERT ON identifiers BEGIN SELECT raise(ABORT, 'no room: P0001'); END";

async function openedWithStorage() {
  const path = join(temporaryFolder(), 'inbox.db');
  const reported: (string | null)[] = [];
  const inbox = await openSqliteInbox({ path, exclusive: true, onIndexing: (one) => reported.push(one) });
  const execute = async (sql: string) => {
    const database = new DatabaseSync(path);
    database.exec(sql);
    database.close();
  };
  const breakIndexing = async () => {
    await execute(BREAK);
    return () => execute('DROP TRIGGER broken');
  };
  return { inbox, dispose: () => inbox.close(), storage: { execute, breakIndexing, reported } };
}

inboxSuite('SQLite', openedWithStorage, true);

const newPath = () => join(temporaryFolder(), 'inbox.db');

async function opened(options: SqliteInboxOptions): Promise<Inbox> {
  const inbox = await openSqliteInbox(options);
  onTestFinished(() => inbox.close());
  return inbox;
}

/** Commits messages together, in this thread. */
function acceptAll(store: SqliteStore, messages: NewMessage[]): Receipt[] {
  const { packed, correlationIds } = packMessages(messages);
  return unpackReceipts(messages, correlationIds, store.acceptAll(packed));
}

/** The store in this thread, with its own connection, to look at what it set there. */
function openStore(path: string): { store: SqliteStore; connection: DatabaseSync } {
  const exec = vi.spyOn(DatabaseSync.prototype, 'exec');
  const store = openedStore({ path, exclusive: false, create: true, interruptedGraceMs: 0, now: NOON });
  const connection = exec.mock.contexts[0];
  exec.mockRestore();
  if (!(connection instanceof DatabaseSync)) throw new Error('the store opened no database');
  onTestFinished(() => store.close());
  return { store, connection };
}

const scriptPath = (name: string) => fileURLToPath(new URL(name, import.meta.url));

describe('the SQLite file', () => {
  it('is for its owner’s eyes alone, with all that is beside it', async () => {
    const folder = join(temporaryFolder(), 'made', 'by', 'the', 'inbox');
    const inbox = await opened({ path: join(folder, 'inbox.db'), exclusive: true });
    await inbox.accept(message());
    const modes = Object.fromEntries(
      readdirSync(folder).map((name) => [name, (statSync(join(folder, name)).mode & 0o777).toString(8)]),
    );
    expect(modes).toMatchObject({ 'inbox.db': '600', 'inbox.db-wal': '600', 'inbox.db-shm': '600' });
    expect((statSync(folder).mode & 0o777).toString(8)).toBe('700');
  });

  it('syncs every commit to a write-ahead log', () => {
    const { connection } = openStore(newPath());
    expect(connection.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' });
    expect(connection.prepare('PRAGMA synchronous').get(), '2 is FULL').toEqual({ synchronous: 2 });
    expect(connection.prepare('PRAGMA foreign_keys').get()).toEqual({ foreign_keys: 1 });
    expect(connection.prepare('PRAGMA secure_delete').get()).toEqual({ secure_delete: 1 });
  });

  it('has a log that is small again after a reader that let it grow', async () => {
    const path = newPath();
    const { store } = openStore(path);
    const fill = (megabytes: number) => {
      for (let count = 0; count < megabytes; count += 1) {
        acceptAll(store, [message({ body: 'x'.repeat(1_000_000), events: [] })]);
      }
    };
    acceptAll(store, [message()]);
    const reader = new DatabaseSync(path);
    onTestFinished(() => reader.close());
    reader.exec('BEGIN');
    reader.prepare('SELECT count(*) FROM events').get();
    fill(90);
    expect(store.logBytes()).toBeGreaterThan(1.2 * LOG_LIMIT_BYTES);
    reader.exec('COMMIT');
    fill(2);
    expect(store.logBytes()).toBeLessThanOrEqual(LOG_LIMIT_BYTES);
  });

  it('has the refusals of a message on disk when the message is accepted', async () => {
    const path = newPath();
    const inbox = await opened({ path, exclusive: true });
    await inbox.accept(message({ refusals: [REFUSAL] }));
    const database = new DatabaseSync(path);
    expect(database.prepare('SELECT reason FROM refusals').all()).toEqual([{ reason: REFUSAL.reason }]);
    database.close();
  });

  it('leaves nothing behind of what was pruned', async () => {
    const path = newPath();
    const inbox = await opened({ path, exclusive: true });
    const [event] = (await inbox.accept(message())).events;
    await inbox.claim(1, NOON);
    await inbox.settle([settled(event?.id ?? 0)], NOON);
    await inbox.prune(NOON + 1);
    await inbox.close();
    const database = new DatabaseSync(path);
    for (const table of ['messages', 'events', 'attempts', 'identifiers']) {
      expect(database.prepare(`SELECT count(*) AS rows FROM ${table}`).get(), table).toEqual({ rows: 0 });
    }
    database.close();
  });

  it('has an index for each of the loop’s questions', () => {
    const { connection } = openStore(newPath());
    const plan = (sql: string) =>
      connection
        .prepare(`EXPLAIN QUERY PLAN ${sql}`)
        .all()
        .map(({ detail }) => detail)
        .join('; ');
    for (const sql of [
      "SELECT id FROM events WHERE state = 'waiting' AND failures < 5 AND indexed = 1 ORDER BY sort_date, id LIMIT 5",
      "SELECT id FROM events WHERE state = 'waiting' AND failures >= 5 ORDER BY sort_date, id LIMIT 5",
      'SELECT id FROM events WHERE match_at <= 5 ORDER BY match_at, id LIMIT 5',
      'SELECT id FROM events WHERE odoo_event_id = 5 ORDER BY id DESC LIMIT 1',
      "SELECT min(due_at) FROM events WHERE state = 'deferred'",
      "SELECT id FROM events WHERE state = 'deferred' AND due_at <= 5",
      'SELECT id FROM messages WHERE settled_at IS NOT NULL AND settled_at < 5 LIMIT 5',
      'SELECT id FROM attempts WHERE event = 5 AND ended_at IS NULL',
      "SELECT count(*) FROM events WHERE state = 'settled' AND received_at >= 5 AND received_at < 6",
      "SELECT count(*) FROM events WHERE state <> 'settled' AND indexed = 1 AND received_at >= 5 AND received_at < 6",
      'SELECT count(*) FROM events WHERE settled_at >= 5 AND settled_at < 6',
      "SELECT received_at FROM events WHERE state <> 'settled' AND indexed = 1 AND state IN ('waiting', 'delivering') ORDER BY received_at LIMIT 1",
      "SELECT received_at FROM events WHERE state <> 'settled' AND indexed = 1 AND state <> 'dead' AND (reason IS NULL OR reason NOT IN (SELECT value FROM json_each('[]'))) ORDER BY received_at LIMIT 1",
    ]) {
      expect(plan(sql), sql).toMatch(/USING (COVERING )?INDEX/);
      expect(plan(sql), sql).not.toContain('TEMP B-TREE');
    }
    // A list reads whole rows only of the events that it shows.
    for (const columns of ['state, outcome, type, sender, reason, received_at', 'settled_at, attempts, date'])
      expect(
        plan(
          `SELECT ${columns} FROM events e INDEXED BY events_list WHERE indexed = 1 AND id >= 5 AND id < 9`,
        ),
      ).toBe('SEARCH e USING COVERING INDEX events_list (id>? AND id<?)');
  });
});

describe('opening', () => {
  it('goes by INBOX_URL', async () => {
    const path = newPath();
    const inbox = await openInbox(`sqlite:${path}`, {});
    await inbox.close();
    expect(statSync(path).isFile()).toBe(true);
  });

  it('refuses a second bridge on the same inbox, while others may look', async () => {
    const path = newPath();
    const serving = await opened({ path, exclusive: true });
    const { events } = await serving.accept(message());
    await expect(openSqliteInbox({ path, exclusive: true })).rejects.toThrow(InboxUnavailableError);
    await expect(openSqliteInbox({ path, exclusive: true })).rejects.toThrow('another bridge is serving');
    const looking = await opened({ path });
    expect((await looking.list({})).map(({ id }) => id)).toEqual(events.map(({ id }) => id));
    await serving.accept(message());
    expect(await looking.counts()).toMatchObject({ waiting: 2 });
    await serving.close();
    await opened({ path, exclusive: true });
  });

  it('is possible for several at once on a new file', async () => {
    const path = newPath();
    const inboxes = await Promise.all([
      opened({ path, exclusive: true }),
      opened({ path }),
      opened({ path }),
      opened({ path }),
    ]);
    for (const inbox of inboxes) expect(await inbox.counts()).toMatchObject({ waiting: 0 });
  });

  it('makes the schema once where two openers find none', () => {
    const path = newPath();
    const [one, other] = [new DatabaseSync(path), new DatabaseSync(path)];
    onTestFinished(() => [one, other].forEach((database) => void database.close()));
    const prepare = one.prepare.bind(one);
    vi.spyOn(one, 'prepare').mockImplementationOnce((sql) => {
      const statement = prepare(sql);
      // The other one comes in between, unless it is kept out.
      const get = () => {
        const row = statement.get();
        try {
          migrate(other);
        } catch (error) {
          expect((error as Error).message).toContain('locked');
        }
        return row;
      };
      return Object.assign(Object.create(statement), { get });
    });
    expect(() => migrate(one)).not.toThrow();
  });

  it('takes up the file of an older bridge, with all that it holds', async () => {
    const path = newPath();
    const database = new DatabaseSync(path);
    database.exec('PRAGMA foreign_keys = ON');
    database.exec(readFileSync(new URL('fixtures/sqlite-0.1.0.sql', import.meta.url), 'utf8'));
    database.exec(`
      INSERT INTO messages (id, sender_id, message_id, content_digest, correlation_id, action, received_at, settled_at, body)
        VALUES (1, 'crvs.test', 'm-old', 'd', 'c', 'notify', ${NOON}, ${NOON}, '{}'), (2, 'crvs.test', 'm-new', 'd', 'c', 'notify', ${NOON}, NULL, '{}');
      INSERT INTO events (id, message, position, type, date, identifiers, reference, sort_date, received_at, state, attempts, outcome, odoo_event_id, error_message, settled_at)
        VALUES (7, 1, 0, 'death', '2024-06-01', '[{"type":"UIN","value":"N-1"}]', 'R-7', '2024-06-01', ${NOON}, 'settled', 1, 'error', 42, 'why', ${NOON}),
               (8, 2, 0, 'birth', '2024-06-02', '[]', 'R-8', '2024-06-02', ${NOON}, 'waiting', 0, NULL, NULL, NULL, NULL);
      INSERT INTO attempts (event, started_at, ended_at, outcome) VALUES (7, ${NOON}, ${NOON + 5}, 'error');
      INSERT INTO identifiers VALUES (${identifierHash('N-1')}, 7);
      INSERT INTO event_counts VALUES ('birth', 'waiting', '', 1), ('death', 'settled', 'error', 1);
    `);
    database.close();
    const inbox = await opened({ path, exclusive: true });
    expect(await inbox.show(7)).toMatchObject({
      outcome: 'error',
      odooEventId: 42,
      errorMessage: 'why',
      attempts: 1,
      history: [{ startedAt: NOON, endedAt: NOON + 5, outcome: 'error' }],
    });
    expect(await inbox.find('n-1', 10)).toMatchObject([{ id: 7 }]);
    expect((await inbox.tally()).rows).toEqual([
      { type: 'birth', state: 'waiting', outcome: null, count: 1 },
      { type: 'death', state: 'settled', outcome: 'error', count: 1 },
    ]);
    expect(await inbox.claim(10, NOON)).toMatchObject([
      { id: 8, failures: 0, adopted: null, reference: 'R-8' },
    ]);
    await inbox.settle([{ kind: 'dead', id: 8, reason: 'event.poison' }], NOON);
    expect(await inbox.prune(NOON + 1)).toBe(1);
    expect(await inbox.list({})).toMatchObject([{ id: 8, state: 'dead' }]);
    expect(await inbox.show(7)).toBeNull();
  });

  it('leaves an inbox of an older bridge as it is where that is asked for', async () => {
    const path = newPath();
    await (await opened({ path })).close();
    const version = (set?: number) => {
      const database = new DatabaseSync(path);
      if (set !== undefined) database.exec(`PRAGMA user_version = ${set}`);
      const row = database.prepare('PRAGMA user_version').get() as { user_version: number };
      database.close();
      return row.user_version;
    };
    const newest = version();
    await (await opened({ path, upgrade: false })).close();
    version(newest - 1);
    await expect(opened({ path, create: false, upgrade: false })).rejects.toThrow(/older bridge/);
    expect(version()).toBe(newest - 1);
  });

  it('refuses a schema of a newer bridge or from before 0.1.0, and gives the lock back', async () => {
    const path = newPath();
    const database = new DatabaseSync(path);
    database.exec('PRAGMA user_version = 999');
    await expect(openSqliteInbox({ path, exclusive: true })).rejects.toThrow(InboxUnavailableError);
    await expect(openSqliteInbox({ path, exclusive: true })).rejects.toThrow('newer bridge');
    database.exec('PRAGMA user_version = 5');
    await expect(openSqliteInbox({ path, exclusive: true })).rejects.toThrow('let a bridge of 0.1.0 open it');
    database.exec('PRAGMA user_version = 0');
    database.close();
    await opened({ path, exclusive: true });
  });

  it.each([
    ['below a file', 'file/inbox.db', 'is a file, where a folder is needed'],
    ['that is a folder', 'folder', 'is a folder: name a file in it'],
    ['that is no database', 'file', 'file is not a database'],
  ])('refuses a path %s', async (_what, path, reason) => {
    const folder = temporaryFolder();
    writeFileSync(
      join(folder, 'file'),
      'this is text, and no database, however long one looks at it\n'.repeat(100),
    );
    mkdirSync(join(folder, 'folder'));
    const refusal = await openSqliteInbox({ path: join(folder, path), exclusive: true }).then(
      () => null,
      (error: unknown) => error,
    );
    expect(refusal).toBeInstanceOf(InboxUnavailableError);
    expect(String(refusal)).toContain(reason);
  });

  it('keeps the mode that an operator gave an existing file', async () => {
    const path = newPath();
    writeFileSync(path, '');
    chmodSync(path, 0o640);
    await opened({ path, exclusive: true });
    expect((statSync(path).mode & 0o777).toString(8)).toBe('640');
  });
});

describe('a file that is changed from outside while the bridge runs', () => {
  async function serving() {
    const path = newPath();
    const inbox = await opened({ path, exclusive: true });
    const { events } = await inbox.accept(message());
    return { path, inbox, id: events[0]?.id ?? 0 };
  }
  const refusal = (inbox: Inbox) =>
    inbox.accept(message()).then(
      () => null,
      (error: Error) => error,
    );

  it.each([
    ['is removed', (path: string) => unlinkSync(path)],
    ['is moved away', (path: string) => renameSync(path, `${path}.old`)],
    [
      'is replaced',
      (path: string) => {
        copyFileSync(path, `${path}.2`);
        renameSync(`${path}.2`, path);
      },
    ],
    ['loses its log', (path: string) => unlinkSync(`${path}-wal`)],
    ['loses its lock', (path: string) => unlinkSync(`${path}.lock`)],
  ])('takes nothing more where it %s, and delivers what it has', async (_what, change) => {
    const { path, inbox, id } = await serving();
    change(path);
    expect(await refusal(inbox)).toBeInstanceOf(InboxUnavailableError);
    expect((await refusal(inbox))?.message).toContain('removed or replaced');
    await expect(inbox.check()).rejects.toThrow('removed or replaced');
    expect(await inbox.claim(10, NOON)).toMatchObject([{ id }]);
    await inbox.settle([settled(id)], NOON);
    expect(await inbox.show(id)).toMatchObject({ outcome: 'processed' });
  });

  it('takes nothing while it has a second name', async () => {
    const { path, inbox } = await serving();
    linkSync(path, `${path}.link`);
    expect((await refusal(inbox))?.message).toContain('second name');
    unlinkSync(`${path}.link`);
    expect(await refusal(inbox)).toBeNull();
  });
});

describe('a file with two names', () => {
  it('has one lock, whichever symbolic link leads to it', async () => {
    const path = newPath();
    await opened({ path, exclusive: true });
    const link = join(temporaryFolder(), 'link.db');
    symlinkSync(path, link);
    await expect(openSqliteInbox({ path: link, exclusive: true })).rejects.toThrow('another bridge');
    const looking = await opened({ path: link });
    expect(await looking.list({})).toEqual([]);
  });

  it('is refused where the second one is a hard link', async () => {
    const path = newPath();
    await (await openSqliteInbox({ path, exclusive: true })).close();
    const link = join(temporaryFolder(), 'link.db');
    linkSync(path, link);
    for (const name of [path, link]) {
      await expect(openSqliteInbox({ path: name, exclusive: true })).rejects.toThrow('second name');
    }
    unlinkSync(link);
    await opened({ path, exclusive: true });
  });
});

describe('a restart', () => {
  it('delivers nothing for a while where a call of the dead bridge may still be running', async () => {
    const path = newPath();
    const before = await opened({ path, exclusive: true });
    const { events } = await before.accept(message({ events: [vitalEvent(), vitalEvent(), vitalEvent()] }));
    const [done = 0, cut = 0, untouched = 0] = events.map(({ id }) => id);
    await before.claim(2, NOON);
    await before.settle([settled(done)], NOON);
    await before.close();

    const looking = await opened({ path });
    expect(await looking.show(cut), 'who only looks changes nothing').toMatchObject({ state: 'delivering' });
    await looking.close();

    const started = Date.now();
    const after = await opened({ path, exclusive: true, interruptedGraceMs: 60_000 });
    const interrupted = await after.show(cut);
    expect(interrupted).toMatchObject({
      state: 'deferred',
      attempts: 0,
      history: [{ startedAt: NOON, outcome: 'interrupted' }],
    });
    const { dueAt } = interrupted ?? {};
    const endedAt = interrupted?.history[0]?.endedAt ?? 0;
    expect(endedAt).toBeGreaterThanOrEqual(started);
    expect(dueAt).toBe(endedAt + 60_000);
    expect(await after.show(done)).toMatchObject({ state: 'settled', history: [{ outcome: 'processed' }] });
    expect(await after.claim(10, Date.now()), 'it may be about the same person').toEqual([]);
    expect((await after.claim(10, dueAt ?? 0)).map(({ id }) => id)).toEqual([cut, untouched]);
  });

  it.each([
    ['odoo.timeout', []],
    ['bridge.stopped', []],
    // Such as one with a date that has not come.
    ['event.future_date', ['untouched']],
  ])(
    'delivers at once, unless Odoo may still be working for the last bridge: %s',
    async (reason, claimed) => {
      const path = newPath();
      const before = await opened({ path, exclusive: true });
      const { events } = await before.accept(message({ events: [vitalEvent(), vitalEvent()] }));
      const [cut = 0, untouched = 0] = events.map(({ id }) => id);
      await before.claim(1, NOON);
      await before.settle([released(cut, Date.now() + 3_600_000, reason)], NOON);
      await before.close();
      const after = await opened({ path, exclusive: true, interruptedGraceMs: 60_000 });
      const found = (await after.claim(10, Date.now())).map(({ id }) =>
        id === untouched ? 'untouched' : 'cut',
      );
      expect(found).toEqual(claimed);
    },
  );

  it('keeps messages, documents and attempts', async () => {
    const path = newPath();
    const told = message();
    const before = await opened({ path, exclusive: true });
    const first = await before.accept(told);
    await before.putDocument('senders', '[1]');
    await before.close();
    const after = await opened({ path, exclusive: true });
    expect(await after.accept(told)).toEqual({ ...first, kind: 'repeated' });
    expect(await after.getDocument('senders')).toBe('[1]');
  });

  it('loses nothing that was acknowledged, after kill -9', async () => {
    const path = newPath();
    const child = spawn(process.execPath, [scriptPath('accept-forever.ts'), path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const acknowledged: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      acknowledged.push(line);
      if (acknowledged.length === 300) child.kill('SIGKILL');
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    expect(child.signalCode).toBe('SIGKILL');
    expect(acknowledged.length).toBeGreaterThanOrEqual(300);

    const inbox = await opened({ path, exclusive: true });
    const kept = new Map(
      (await inbox.claim(1_000_000, Date.now())).map((event) => [event.identifiers[0]?.value, event]),
    );
    expect(acknowledged.filter((id) => !kept.has(id))).toEqual([]);
    expect(kept.get(acknowledged[299])?.body).toContain(`"message_id": "${acknowledged[299]}"`);
  });
});

describe('a full disk', () => {
  const hasLimits = spawnSync('prlimit', ['--version']).status === 0;

  it('takes nothing and loses nothing, and goes on when there is room', () => {
    const { store, connection } = openStore(newPath());
    acceptAll(store, [message({ messageId: 'first' })]);
    const { page_count: pages } = connection.prepare('PRAGMA page_count').get() as { page_count: number };
    connection.exec(`PRAGMA max_page_count = ${pages}`);
    const large = message({ messageId: 'large', body: 'x'.repeat(100_000) });
    expect(() => acceptAll(store, [message({ messageId: 'small' }), large])).toThrow(/full/);
    expect(store.listSome({}, null, 50).events.length, 'all of a commit or nothing').toBe(1);
    connection.exec('PRAGMA max_page_count = 1000000');
    expect(acceptAll(store, [large])).toMatchObject([{ kind: 'created' }]);
  });

  it.skipIf(!hasLimits)('rejects with InboxUnavailableError, and recovers', async () => {
    const path = newPath();
    const command = `ulimit -S -f 1024; exec "${process.execPath}" "${scriptPath('accept-until-full.ts')}" "${path}"`;
    const child = spawnSync('bash', ['-c', command], { encoding: 'utf8' });
    expect(child.stderr).toBe('');
    const { refusal, check, acknowledged } = JSON.parse(child.stdout);
    expect(refusal.name).toBe('InboxUnavailableError');
    expect(refusal.message).not.toContain('xxx');
    expect(check).toBe('InboxUnavailableError');
    expect(acknowledged).toContain('after');
    expect(acknowledged.length).toBeGreaterThan(1);

    const inbox = await opened({ path });
    for (const messageId of acknowledged) {
      const receipt = await inbox.accept(message({ messageId, contentDigest: messageId, events: [] }));
      expect(receipt.kind, messageId).toBe('repeated');
    }
  });
});

describe('the queue for the commit', () => {
  it('refuses at once what is too much, and takes the rest', async () => {
    const inbox = await opened({ path: newPath(), exclusive: true, queueLimit: 3 });
    const results = await Promise.allSettled([1, 2, 3, 4, 5].map(() => inbox.accept(message())));
    expect(results.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'rejected',
      'rejected',
    ]);
    expect((results[4] as PromiseRejectedResult).reason).toBeInstanceOf(InboxUnavailableError);
    expect((await inbox.accept(message())).kind).toBe('created');
  });
});
