import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Inbox, InboxUnavailableError } from '../../src/inbox/inbox.ts';
import { IN_ORDER, nextQuery } from '../../src/inbox/postgres/claims.ts';
import { PATIENCE } from '../patience.ts';
import { execute, opened, sharedDatabase, temporaryDatabase } from './postgres-support.ts';
import { message, NOON, released, settled, vitalEvent } from './support.ts';

/** Renewed every second: a process that a busy machine leaves alone for two seconds still has it. */
const LEASE_MS = 3000;
/** Outlives every test. */
const LONG_LEASE_MS = 600_000;

const shared = sharedDatabase();
beforeEach(() => shared.empty());

/** Replicas that share an inbox. */
function replicas(count: number, options: { leaseMs?: number; interruptedGraceMs?: number } = {}) {
  return Promise.all(
    Array.from({ length: count }, () => opened({ url: shared.url, exclusive: true, ...options })),
  );
}

/** Another process that has all that waits, and the key `held by the child`. */
async function childWithAll(leaseMs: number) {
  const script = fileURLToPath(new URL('claim-and-wait.ts', import.meta.url));
  const child = spawn(process.execPath, [script, shared.url, String(leaseMs)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  return { child, ids: JSON.parse(line) as number[] };
}

describe('several replicas', () => {
  it('make one event of the same message, posted to all at the same instant', async () => {
    const inboxes = (await replicas(3)) as [Inbox, Inbox, Inbox];
    const told = Array.from({ length: 60 }, () => message());
    const receipts = await Promise.all(
      // In another order on each, which is how two could wait for each other for ever.
      inboxes.flatMap((inbox, at) =>
        [...told.slice(at * 20), ...told.slice(0, at * 20)].map((one) => inbox.accept(one)),
      ),
    );
    expect(receipts.filter(({ kind }) => kind === 'created')).toHaveLength(60);
    expect(receipts.filter(({ kind }) => kind === 'repeated')).toHaveLength(120);
    expect(new Set(receipts.map(({ correlationId }) => correlationId)).size).toBe(60);
    expect(await inboxes[0].counts()).toMatchObject({ waiting: 60 });
    expect(await inboxes[0].claim(1000, NOON)).toHaveLength(60);
  });

  it('know a conflict from a repetition', async () => {
    const [one, other] = (await replicas(2)) as [Inbox, Inbox];
    const told = message();
    const receipts = await Promise.all([
      one.accept(told),
      other.accept({ ...told, contentDigest: 'another' }),
    ]);
    expect(receipts.map(({ kind }) => kind).sort()).toEqual(['conflict', 'created']);
  });

  it('never have the same event, nor the same key', async () => {
    const inboxes = await replicas(3);
    await inboxes[0]?.accept(message({ events: Array.from({ length: 200 }, () => vitalEvent()) }));
    const keys = Array.from({ length: 50 }, (_, key) => `key ${key}`);
    const [claims, holds] = await Promise.all([
      Promise.all(inboxes.flatMap((inbox) => [inbox.claim(30, NOON), inbox.claim(30, NOON)])),
      Promise.all(inboxes.map((inbox, at) => inbox.hold(at === 1 ? keys.toReversed() : keys))),
    ]);
    const ids = claims.flat().map(({ id }) => id);
    expect(ids).toHaveLength(180);
    expect(new Set(ids).size).toBe(180);
    const held = holds.flatMap((got) => [...got]);
    expect(held.toSorted()).toEqual(keys.toSorted());
  });

  it('hear of what another one settled', async () => {
    const [one, other] = (await replicas(2)) as [Inbox, Inbox];
    const { inboxId, events } = await one.accept(message());
    const waiting = one.waitSettled(inboxId, 60_000);
    await other.claim(1, NOON);
    await other.settle([settled(events[0]?.id ?? 0)], NOON);
    expect(await waiting).toMatchObject([{ state: 'settled', outcome: 'processed' }]);
  });

  it('close a message whose last two events two of them settle at once', async () => {
    const [one, other] = (await replicas(2)) as [Inbox, Inbox];
    const { events } = await one.accept(message({ events: [vitalEvent(), vitalEvent()] }));
    const both = [await one.claim(1, NOON), await other.claim(1, NOON)].flat().map(({ id }) => id);
    expect(both.toSorted()).toEqual(events.map(({ id }) => id));
    await Promise.all([
      one.settle([settled(both[0] ?? 0)], NOON),
      other.settle([settled(both[1] ?? 0)], NOON),
    ]);
    expect(await one.prune(NOON + 1)).toBe(1);
  });

  it('leave alone what is no longer theirs', async () => {
    const [one, other] = (await replicas(2)) as [Inbox, Inbox];
    const { events } = await one.accept(message());
    const id = events[0]?.id ?? 0;
    await one.claim(1, NOON);
    await other.settle([settled(id)], NOON);
    await other.settle([released(id, null)], NOON);
    expect(await one.show(id)).toMatchObject({ state: 'delivering' });
    expect(await other.retry([id])).toEqual([]);
    expect(await other.setAside([id])).toEqual([]);
    await one.settle([settled(id)], NOON);
    expect(await other.show(id)).toMatchObject({ state: 'settled' });
  });

  it('change no event that another one settles at this moment', async () => {
    const [one] = (await replicas(1)) as [Inbox];
    const { events } = await one.accept(message());
    const id = events[0]?.id ?? 0;
    await one.claim(1, NOON);
    await one.settle([settled(id, { outcome: 'error', reason: 'match.none' })], NOON);
    const other = new pg.Client({ connectionString: shared.url });
    await other.connect();
    onTestFinished(() => other.end());
    await other.query('BEGIN');
    await other.query("UPDATE crvs_bridge.events SET outcome = 'processed', reason = NULL WHERE id = $1", [
      id,
    ]);
    const seen = { id, state: 'settled', outcome: 'error', reason: 'match.none' } as const;
    const changing = Promise.all([one.retry([seen]), one.setAside([seen])]);
    const waiting =
      "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
    await expect.poll(() => execute(shared.url, waiting), PATIENCE).toHaveLength(2);
    await other.query('COMMIT');
    expect(await changing).toEqual([[], []]);
    expect(await one.show(id)).toMatchObject({ state: 'settled', outcome: 'processed' });
  });

  it('do scheduled work on one of them at a time', async () => {
    const inboxes = await replicas(3);
    let under = 0;
    let runs = 0;
    const enough = Promise.withResolvers<void>();
    const stops = await Promise.all(
      inboxes.map((inbox) =>
        inbox.schedule(
          'test',
          20,
          async () => {
            under += 1;
            expect(under).toBe(1);
            // Time for the others to begin as well, if they could.
            await Promise.all(inboxes.map((one) => one.check()));
            under -= 1;
            runs += 1;
            if (runs === 5) enough.resolve();
          },
          enough.reject,
        ),
      ),
    );
    await enough.promise;
    await Promise.all(stops.map((stop) => stop()));
  });

  it('do not repeat what another one did within the interval', async () => {
    const [one, other] = (await replicas(2)) as [Inbox, Inbox];
    const done = Promise.withResolvers<void>();
    await (await one.schedule('rare', 3_600_000, async () => done.resolve(), done.reject))();
    await done.promise;
    const work = vi.fn(async () => {});
    await (await other.schedule('rare', 3_600_000, work, done.reject))();
    expect(work).not.toHaveBeenCalled();
    await (await other.schedule('another', 3_600_000, work, done.reject))();
    expect(work).toHaveBeenCalledOnce();
  });
});

describe('a replica that dies', () => {
  it('gives back what it had after its lease, to be tried after the grace', async () => {
    const [inbox] = (await replicas(1, { leaseMs: LEASE_MS, interruptedGraceMs: 60_000 })) as [Inbox];
    const [own] = await execute<{ id: string }>(shared.url, 'SELECT id FROM crvs_bridge.replicas');
    await inbox.accept(message({ events: [vitalEvent(), vitalEvent()] }));
    const { child, ids } = await childWithAll(LONG_LEASE_MS);
    expect(ids).toHaveLength(2);
    expect(await inbox.claim(10, Date.now()), 'it lives').toEqual([]);
    expect((await inbox.hold(['held by the child', 'free'])).size).toBe(1);
    const told = Promise.withResolvers<void>();
    inbox.onWaiting(told.resolve);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const killed = Date.now();
    expect(await inbox.claim(10, killed), 'its lease is good').toEqual([]);
    await execute(shared.url, "UPDATE crvs_bridge.replicas SET expires_at = '-infinity' WHERE id <> $1", [
      own?.id,
    ]);
    await told.promise;
    const event = await inbox.show(ids[0] ?? 0);
    expect(event).toMatchObject({ state: 'deferred', history: [{ outcome: 'interrupted' }] });
    expect(event?.dueAt).toBeGreaterThanOrEqual(killed + 60_000);
    expect(await inbox.claim(10, (event?.dueAt ?? 0) + 1)).toMatchObject([
      { id: ids[0], failures: 1 },
      { id: ids[1], failures: 1 },
    ]);
    expect(await inbox.hold(['held by the child'])).toEqual(new Set(['held by the child']));
  });

  it('keeps what it has for as long as it lives, however long that is', async () => {
    const [inbox] = (await replicas(1, { leaseMs: LEASE_MS })) as [Inbox];
    await inbox.accept(message());
    const { ids } = await childWithAll(LEASE_MS);
    const [before] = await execute<{ expires_at: Date }>(shared.url, EXPIRES);
    await vi.waitFor(async () => {
      const [now] = await execute<{ expires_at: Date }>(shared.url, EXPIRES);
      expect(Number(now?.expires_at) - Number(before?.expires_at)).toBeGreaterThan(LEASE_MS);
    }, PATIENCE);
    expect(await inbox.show(ids[0] ?? 0)).toMatchObject({ state: 'delivering' });
  });
});

const EXPIRES = 'SELECT min(expires_at) AS expires_at FROM crvs_bridge.replicas';

describe('the lease', () => {
  it('ends before others may take what is held, and what was in hand is not settled any more', async () => {
    const [one, other] = (await replicas(2, { leaseMs: LEASE_MS, interruptedGraceMs: 0 })) as [Inbox, Inbox];
    const { events } = await one.accept(message());
    const id = events[0]?.id ?? 0;
    await one.claim(1, NOON);
    const lease = one.lease();
    // As if it had been asleep: its row is over, and it did not notice.
    await execute(
      shared.url,
      `UPDATE crvs_bridge.replicas SET expires_at = '-infinity'
       WHERE id = (SELECT owner FROM crvs_bridge.events WHERE id = $1)`,
      [id],
    );
    await vi.waitFor(() => expect(lease.aborted).toBe(true), PATIENCE);
    await vi.waitFor(async () => expect(await other.show(id)).toMatchObject({ state: 'deferred' }), PATIENCE);
    expect(await other.claim(1, Date.now())).toMatchObject([{ id }]);
    await one.settle([settled(id, { outcome: 'error' })], NOON);
    expect(await other.show(id)).toMatchObject({ state: 'delivering' });
    await vi.waitFor(() => expect(one.lease().aborted, 'a new one').toBe(false), PATIENCE);
    expect(await one.hold(['a'])).toEqual(new Set(['a']));
  });

  it('is given up by who closes, with all that was in hand', async () => {
    const [one, other] = (await replicas(2, { interruptedGraceMs: 0 })) as [Inbox, Inbox];
    await one.accept(message());
    await one.claim(1, NOON);
    await one.hold(['a']);
    await one.close();
    expect(await other.claim(1, Date.now())).toHaveLength(1);
    expect(await other.hold(['a'])).toEqual(new Set(['a']));
  });

  it('is kept for the grace by who closes while Odoo may still be working on somebody', async () => {
    const [one, other] = (await replicas(2, { leaseMs: LEASE_MS, interruptedGraceMs: 60_000 })) as [
      Inbox,
      Inbox,
    ];
    const { events } = await one.accept(message());
    await one.claim(1, NOON);
    await one.hold(['a', 'b']);
    const [held] = await execute<{ owner: string }>(shared.url, 'SELECT owner FROM crvs_bridge.holds');
    await one.free(['a']);
    await one.free(['b'], 60_000);
    await one.close();
    expect(await other.show(events[0]?.id ?? 0), 'given back at once').toMatchObject({ state: 'deferred' });
    expect(await other.hold(['a', 'b'])).toEqual(new Set(['a']));
    // When its time is over, so is its hold.
    await execute(shared.url, "UPDATE crvs_bridge.replicas SET expires_at = '-infinity' WHERE id = $1", [
      held?.owner,
    ]);
    await vi.waitFor(async () => {
      expect(await execute(shared.url, 'SELECT id FROM crvs_bridge.replicas')).toHaveLength(1);
    }, PATIENCE);
    expect(await other.hold(['a', 'b'])).toEqual(new Set(['b']));
  });

  it('is not for commands, which only look', async () => {
    const looking = await opened({ url: shared.url, create: false });
    await looking.accept(message());
    await expect(looking.claim(1, NOON)).rejects.toThrow(InboxUnavailableError);
    await expect(looking.hold(['a'])).rejects.toThrow(InboxUnavailableError);
    expect(await execute(shared.url, 'SELECT id FROM crvs_bridge.replicas')).toEqual([]);
  });
});

describe('the tables', () => {
  it('are made once where several begin at the same time', async () => {
    const url = await temporaryDatabase();
    const inboxes = await Promise.all([1, 2, 3, 4].map(() => opened({ url, exclusive: true })));
    await Promise.all(inboxes.map((inbox) => inbox.accept(message())));
    expect(await inboxes[0]?.counts()).toMatchObject({ waiting: 4 });
  });

  it('are not made by who only looks, and not touched where a newer bridge made them', async () => {
    const url = await temporaryDatabase();
    await expect(opened({ url, create: false })).rejects.toThrow('there is no inbox in this database');
    await opened({ url });
    await execute(url, 'UPDATE crvs_bridge.version SET version = 999');
    await expect(opened({ url })).rejects.toThrow('newer bridge');
    await expect(opened({ url })).rejects.toBeInstanceOf(InboxUnavailableError);
  });

  it('hold texts that PostgreSQL does not', async () => {
    const [inbox] = (await replicas(1)) as [Inbox];
    const odd = 'a\0b\ud800 \u0001';
    const told = message({
      messageId: `${odd}${'x'.repeat(5000)}`,
      senderId: odd,
      contentDigest: 'digest',
      kid: '\u0001',
      events: [vitalEvent({ identifiers: [{ type: odd, value: odd }] })],
    });
    const { events } = await inbox.accept(told);
    const id = events[0]?.id ?? 0;
    expect((await inbox.accept(told)).kind).toBe('repeated');
    expect(await inbox.show(id)).toMatchObject({
      messageId: told.messageId,
      senderId: odd,
      kid: '\u0001',
      identifiers: [{ type: odd, value: odd }],
    });
    expect(await inbox.list({ senderId: odd })).toHaveLength(1);
    expect(await inbox.claim(1, NOON)).toMatchObject([{ senderId: odd }]);
    await inbox.settle([settled(id, { outcome: 'error', errorMessage: odd, notes: odd })], NOON);
    expect(await inbox.show(id)).toMatchObject({ errorMessage: odd, notes: odd });
  });

  it('get over events whose message somebody took out by hand', async () => {
    const [inbox] = (await replicas(1)) as [Inbox];
    const early = vitalEvent({ date: '1990-01-01' });
    const lost = await inbox.accept(message({ events: [early, early, early] }));
    await execute(shared.url, 'DELETE FROM crvs_bridge.messages');
    const { events } = await inbox.accept(message());
    expect(await inbox.claim(2, NOON)).toMatchObject([{ id: events[0]?.id }]);
    const states = 'SELECT state, reason FROM crvs_bridge.events WHERE message = $1';
    expect(await execute(shared.url, states, [lost.inboxId])).toEqual(
      Array.from({ length: 3 }, () => ({ state: 'dead', reason: 'event.message_lost' })),
    );
  });

  it('have an index for what is next, however many events there were', async () => {
    const [inbox] = (await replicas(1)) as [Inbox];
    await inbox.accept(message({ events: Array.from({ length: 500 }, () => vitalEvent()) }));
    // Else the plan depends on when the server last counted the rows.
    await execute(shared.url, 'ANALYZE crvs_bridge.events');
    for (const [queue, index] of [
      ['common', 'events_waiting'],
      ['alone', 'events_alone'],
    ] as const) {
      const plan = await execute(shared.url, `EXPLAIN ${nextQuery(100, queue)}`);
      expect(JSON.stringify(plan)).toContain(`Index Scan using ${index}`);
      expect(JSON.stringify(plan)).not.toContain('Sort');
    }
  });

  it('sort nothing to find what is next, also before the server has counted the rows', async () => {
    const url = await temporaryDatabase();
    const inbox = await opened({ url, exclusive: true });
    await execute(url, 'ALTER TABLE crvs_bridge.events SET (autovacuum_enabled = false)');
    for (let count = 0; count < 6; count += 1) {
      await inbox.accept(message({ events: Array.from({ length: 1000 }, () => vitalEvent()) }));
    }
    // What a planner without statistics does by itself; the plan of a claim is the one in its transaction.
    const plain = await execute(url, `EXPLAIN ${nextQuery(100, 'common')}`);
    expect(JSON.stringify(plain)).toContain('Sort');
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    onTestFinished(() => client.end());
    await client.query('BEGIN');
    await client.query(IN_ORDER);
    const { rows } = await client.query(`EXPLAIN ${nextQuery(100, 'common')}`);
    expect(JSON.stringify(rows)).toContain('Index Scan using events_waiting');
    expect(JSON.stringify(rows)).not.toContain('Sort');
    expect(await inbox.claim(100, NOON)).toHaveLength(100);
  });

  it('hold no key in the clear', async () => {
    const [inbox] = (await replicas(1)) as [Inbox];
    await inbox.hold(['UIN 4711']);
    const [row] = await execute<{ key: Buffer }>(shared.url, 'SELECT key FROM crvs_bridge.holds');
    expect(row?.key).toHaveLength(32);
    expect(row?.key.includes('4711')).toBe(false);
  });
});
