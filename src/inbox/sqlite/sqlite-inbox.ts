import { compareEvents } from '../event-sort.ts';
import { GroupCommit } from '../group-commit.ts';
import type { EventSummary, Inbox } from '../inbox.ts';
import { RefusalWriter } from '../refusals.ts';
import { repeat } from '../repeat.ts';
import { SettledWaiters } from '../settled-waiters.ts';
import { WaitingCallbacks } from '../waiting-callbacks.ts';
import { packMessages, unpackReceipts } from './hand-over.ts';
import type { SqliteStore } from './store.ts';
import { StoreThread } from './thread.ts';

export interface SqliteInboxOptions {
  path: string;
  /** Whether this process serves: takes the lock, gives back interrupted deliveries. Commands only look. */
  exclusive?: boolean;
  /** Whether to make the file where there is none. Default true. */
  create?: boolean;
  /** Whether to bring an inbox of an older bridge up to date, or refuse it. Default true. */
  upgrade?: boolean;
  /** Milliseconds that an event waits whose delivery the end of the last process cut off. Default 5000. */
  interruptedGraceMs?: number;
  /** Messages that may wait for their commit; one more is refused at once. Default 10000. */
  queueLimit?: number;
  /** Called after each commit of messages: of how many, how long it took, and whether it was made. */
  onCommit?: (messages: number, milliseconds: number, ok: boolean) => void;
  /** Called with why indexing failed each time that it does, without personal data, and with null once it works again. */
  onIndexing?: (failure: string | null) => void;
}

const INTERRUPTED_GRACE_MS = 5000;

/** How many one call to the store deletes: commits come in between. */
const SLICE = 500;

/**
 * The inbox in an SQLite file, in a thread of its own. Messages that arrive while a commit is under way share the
 * next one.
 *
 * Rejects with `InboxUnavailableError` where the file cannot be opened, or another process serves it.
 */
export async function openSqliteInbox(options: SqliteInboxOptions): Promise<Inbox> {
  const thread = new StoreThread(
    {
      path: options.path,
      exclusive: options.exclusive ?? false,
      create: options.create ?? true,
      upgrade: options.upgrade,
      interruptedGraceMs: options.interruptedGraceMs ?? INTERRUPTED_GRACE_MS,
    },
    options.onIndexing ?? (() => {}),
  );
  await thread.open();
  return inboxOf(thread, options);
}

/** What the store does in one call, as it is asked. */
const FORWARDED = [
  'lastMessages',
  'nextDueAt',
  'setAside',
  'forgetRows',
  'dueMatches',
  'matchAgain',
  'show',
  'find',
  'findByRows',
  'counts',
  'tally',
  'rates',
  'getDocument',
  'putDocument',
  'listDocuments',
  'replaceDocument',
  'ask',
  'questionAcknowledged',
  'answeredAtOnce',
  'answer',
  'question',
  'answers',
  'answerCounts',
  'audit',
  'extendAudit',
  'auditTrail',
  'logBytes',
] as const satisfies readonly (keyof SqliteStore & keyof Inbox)[];

type Promised<T> = {
  [K in keyof T]: T[K] extends (...args: infer A) => infer R ? (...args: A) => Promise<R> : never;
};

function forwarded(thread: StoreCalls): Promised<Pick<SqliteStore, (typeof FORWARDED)[number]>> {
  const calls = FORWARDED.map((method) => [
    method,
    (...args: Parameters<SqliteStore[typeof method]>) => thread.call(method, ...args),
  ]);
  return Object.fromEntries(calls);
}

/** The stores as they are called from another thread. */
export type StoreCalls = Pick<StoreThread, 'call' | 'close'>;

/** The inbox over stores that are open. */
export function inboxOf(
  thread: StoreCalls,
  options: Pick<SqliteInboxOptions, 'interruptedGraceMs' | 'queueLimit' | 'onCommit'>,
): Inbox {
  const waiters = new SettledWaiters();
  const waiting = new WaitingCallbacks();
  const refusals = new RefusalWriter((list) => thread.call('keepRefusals', list));
  const commits = new GroupCommit({
    async commit(messages) {
      const { packed, correlationIds } = packMessages(messages);
      return unpackReceipts(messages, correlationIds, await thread.call('acceptAll', packed));
    },
    queueLimit: options.queueLimit ?? 10_000,
    onWaiting: () => waiting.announce(),
    onCommit: options.onCommit,
  });
  // Only one process serves a file: what it has, nobody takes.
  const lease = new AbortController().signal;
  const held = new Set<string>();
  const pause = pauseAfterCutOff(thread, options.interruptedGraceMs ?? INTERRUPTED_GRACE_MS);
  let closing = false;

  return {
    ...forwarded(thread),

    accept: (message) => commits.accept(message),
    waitSettled: (inboxId, timeoutMs, signal) =>
      waiters.wait(inboxId, timeoutMs, signal, () => thread.call('statusOf', inboxId)),
    prune: (before) => inSlices((limit) => thread.call('prune', before, limit)),

    async claim(limit, now, queue) {
      if (await pause(now)) return [];
      const { events, bodies } = await thread.call('claim', limit, now, queue);
      return events.map((event) => ({ ...event, body: bodies.get(event.messageInboxId) ?? '' }));
    },
    async settle(settlements, now, calls = []) {
      if (settlements.length === 0) return;
      const settled = await thread.call('settle', settlements, now, calls);
      for (const { inboxId, events } of settled) waiters.tell(inboxId, events);
      if (settlements.some((one) => one.kind === 'released' && one.dueAt === null)) waiting.announce();
    },
    async withdraw(ids, now) {
      const { found, settled } = await thread.call('withdraw', ids, now);
      for (const { inboxId, events } of settled) waiters.tell(inboxId, events);
      return found;
    },
    onWaiting: (callback) => waiting.on(callback),
    async retry(events) {
      const found = await thread.call('retry', events);
      if (found.length > 0) waiting.announce();
      return found;
    },

    /** In short looks, so that commits come in between. */
    async list(listing) {
      const { sort, limit = 50 } = listing;
      let found: EventSummary[] = [];
      for (let from: number | null = null; ; ) {
        const wanted = sort ? limit : limit - found.length;
        const page: ReturnType<SqliteStore['listSome']> = await thread.call(
          'listSome',
          listing,
          from,
          wanted,
        );
        found.push(...page.events);
        if (sort) found = found.sort((a, b) => compareEvents(a, b, sort)).slice(0, limit);
        if (page.next === null || (!sort && found.length >= limit)) return found;
        from = page.next;
      }
    },
    async count(filter, limit) {
      let total = 0;
      for (let from: number | null = null; ; ) {
        const page: ReturnType<SqliteStore['countSome']> = await thread.call(
          'countSome',
          filter,
          from,
          limit - total,
        );
        total += page.count;
        if (page.next === null || total >= limit) return total;
        from = page.next;
      }
    },

    lease: () => lease,
    async hold(keys) {
      const got = new Set(keys.filter((key) => !held.has(key)));
      for (const key of got) held.add(key);
      return got;
    },
    async free(keys, afterMs = 0) {
      const free = () => {
        for (const key of keys) held.delete(key);
      };
      if (afterMs > 0) setTimeout(free, afterMs).unref();
      else free();
    },
    schedule: async (_name, everyMs, work, onError) => repeat(everyMs, work, onError),

    async pruneAnswers(before) {
      let total = 0;
      for (;;) {
        const gone = await thread.call('pruneAnswers', before, SLICE);
        total += gone;
        if (gone === 0) return total;
      }
    },
    pruneAudit: (before) => inSlices((limit) => thread.call('pruneAudit', before, limit)),

    keepRefusals: (list) => refusals.keep(list),
    async refusals(filter) {
      await refusals.flush();
      return thread.call('refusals', filter);
    },
    async pruneRefusals(before) {
      await refusals.flush();
      return thread.call('pruneRefusals', before);
    },
    async refusalCounts(since) {
      await refusals.flush();
      return thread.call('refusalCounts', since);
    },

    check: () => thread.call('check', Date.now()),
    async close() {
      if (closing) return;
      closing = true;
      await commits.close();
      await refusals.close();
      await thread.close();
    },
  };
}

/**
 * Whether events are to be left until Odoo is done with what the last process asked for. Nobody knows any more whom that
 * process held, so that all of them wait, for the grace at most.
 */
function pauseAfterCutOff(thread: StoreCalls, graceMs: number): (now: number) => Promise<boolean> {
  const endsAt = performance.now() + graceMs;
  let until: number | null = null;
  return async (now) => {
    if (performance.now() >= endsAt) return false;
    until ??= (await thread.call('cutOffUntil')) ?? 0;
    return now < until;
  };
}

async function inSlices(deleteSome: (limit: number) => Promise<number>): Promise<number> {
  let total = 0;
  for (;;) {
    const gone = await deleteSome(SLICE);
    total += gone;
    if (gone < SLICE) return total;
  }
}
