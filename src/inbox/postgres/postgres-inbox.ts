import { GroupCommit } from '../group-commit.ts';
import type { Inbox } from '../inbox.ts';
import { SettledWaiters } from '../settled-waiters.ts';
import { InboxUnavailableError } from '../unavailable.ts';
import { WaitingCallbacks } from '../waiting-callbacks.ts';
import { acceptAll } from './accept.ts';
import { auditTrail } from './audit.ts';
import { Claims } from './claims.ts';
import { Database } from './database.ts';
import { documents } from './documents.ts';
import { eventQueue } from './event-queue.ts';
import { eventRecords } from './event-records.ts';
import { unavailable } from './failure.ts';
import { Holds } from './holds.ts';
import { Indexing } from './indexing.ts';
import { Lease } from './lease.ts';
import { messages } from './messages.ts';
import { pendingRequests } from './pending-requests.ts';
import { refusals } from './refusals.ts';
import { scheduleShared } from './schedule.ts';
import { migrate } from './schema.ts';

export interface PostgresInboxOptions {
  /** `postgres://…` */
  url: string;
  /** Whether this process serves: has a lease, claims, holds, and does scheduled work. Commands only look. */
  exclusive?: boolean;
  /** Whether to make the tables where there are none. Default true. */
  create?: boolean;
  /** Whether to bring an inbox of an older bridge up to date, or refuse it. Default true. */
  upgrade?: boolean;
  /** Milliseconds that an event waits whose delivery the end of a process cut off. Default 5000. */
  interruptedGraceMs?: number;
  /** Messages that may wait for their commit; one more is refused at once. Default 10000. */
  queueLimit?: number;
  /** Milliseconds after which others take over what a silent process has. Default 30000. */
  leaseMs?: number;
  /** Connections to the server at most; one more renews the lease. Default 8. */
  poolSize?: number;
  /** Milliseconds that the server may take to answer. Default 10000. */
  timeoutMs?: number;
  /** Called after each commit of messages: of how many, how long it took, and whether it was made. */
  onCommit?: (messages: number, milliseconds: number, ok: boolean) => void;
  /** Called with why indexing failed each time that it does, without personal data, and with null once it works again. */
  onIndexing?: (failure: string | null) => void;
}

/**
 * The inbox in a PostgreSQL database that any number of bridges share.
 *
 * Rejects with `InboxUnavailableError` where the server does not answer, or a newer bridge made the tables.
 */
export async function openPostgresInbox(options: PostgresInboxOptions): Promise<Inbox> {
  const { url, timeoutMs = 10_000, leaseMs = 30_000 } = options;
  const database = new Database({ url, poolSize: options.poolSize ?? 8, timeoutMs });
  // For the lease alone: its renewal must not wait behind the work. One that takes longer than its turn is worth nothing.
  const leaseDatabase = new Database({ url, poolSize: 1, timeoutMs: Math.min(timeoutMs, leaseMs / 3) });
  const waiters = new SettledWaiters();
  const waiting = new WaitingCallbacks();
  const lease = new Lease(leaseDatabase, {
    leaseMs,
    interruptedGraceMs: options.interruptedGraceMs ?? 5000,
    onLost: () => {
      claims.forget();
      holds.forget();
    },
    onGivenBack: () => waiting.announce(),
    // A bridge without work asks for no keys, and so would keep those that it could not free.
    onRenewed: () => void holds.freeDoubtful().catch(() => {}),
  });
  const claims = new Claims(database, lease);
  const holds = new Holds(database, lease);
  const indexing = new Indexing(database, options.onIndexing ?? (() => {}));
  const commits = new GroupCommit({
    async commit(group) {
      const receipts = await acceptAll(database, group);
      indexing.plan();
      return receipts;
    },
    queueLimit: options.queueLimit ?? 10_000,
    onWaiting: () => waiting.announce(),
    onCommit: options.onCommit,
  });
  const closeAll = async () => {
    await lease.stop();
    await Promise.all([database.close(), leaseDatabase.close()]);
  };
  try {
    await migrate(database, options.create ?? true, options.upgrade ?? true);
    if (options.exclusive) {
      // What cannot be indexed now must not keep messages out.
      await indexing.indexAll().catch(() => {});
      await lease.start();
    }
  } catch (error) {
    await closeAll();
    throw unavailable(error);
  }
  const calls = new Calls();
  const received = messages(database, commits, indexing, waiters);
  const refused = refusals(database);
  const schedules = new Set<() => Promise<void>>();
  const docs = documents(database);
  let closing = false;

  const { onWaiting, ...queue } = eventQueue(database, claims, waiters, waiting);
  return {
    ...calls.guarded({
      ...received,
      ...queue,
      ...eventRecords(database, indexing),
      ...docs,
      ...pendingRequests(database),
      ...auditTrail(database),
      ...refused,
      hold: (keys: readonly string[]) => holds.hold(keys),
      free: (keys: readonly string[], afterMs?: number) => holds.free(keys, afterMs),
      logBytes: async () => null,
      async check() {
        await docs.putDocument('check', JSON.stringify(Date.now()));
        // Another replica may have written its own meanwhile.
        if ((await docs.getDocument('check')) === null)
          throw new InboxUnavailableError('what was written did not come back');
      },
    }),
    onWaiting,
    lease: () => lease.signal,

    async schedule(name, everyMs, work, onError) {
      if (closing) throw new InboxUnavailableError('the inbox is closed');
      const stop = scheduleShared(database, lease, name, everyMs, work, onError);
      schedules.add(stop);
      return async () => {
        schedules.delete(stop);
        await stop();
      };
    },

    async close() {
      if (closing) return;
      closing = true;
      await Promise.all([...schedules].map((stop) => stop()));
      await commits.close();
      indexing.stop();
      await refused.close();
      received.stop();
      await calls.close();
      await closeAll();
    },
  };
}

type Methods = Record<string, (...args: never[]) => unknown>;

/** The calls under way: their errors are the inbox's own, and closing waits for them. */
class Calls {
  readonly #underWay = new Set<Promise<unknown>>();
  #closed = false;

  /** The same methods, each a call. */
  guarded<T extends Methods>(methods: T): T {
    const entries = Object.entries(methods).map(([name, method]) => [
      name,
      (...args: never[]) => this.#call(() => method(...args)),
    ]);
    return Object.fromEntries(entries) as T;
  }

  async #call(work: () => unknown): Promise<unknown> {
    if (this.#closed) throw new InboxUnavailableError('the inbox is closed');
    const call = Promise.resolve(work());
    this.#underWay.add(call);
    try {
      return await call;
    } catch (error) {
      throw unavailable(error);
    } finally {
      this.#underWay.delete(call);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#underWay);
  }
}
