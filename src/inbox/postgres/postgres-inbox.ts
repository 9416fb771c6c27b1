import { callsText } from '../attempt-calls.ts';
import type { AuditEntry, AuditFilter, KeptAuditEntry } from '../audit.ts';
import { GroupCommit } from '../group-commit.ts';
import {
  type AnswerCounts,
  type AttemptCall,
  type ClaimedEvent,
  type EventDetails,
  type EventFilter,
  type EventState,
  type EventStatus,
  type EventSummary,
  type Inbox,
  type InboxCounts,
  InboxUnavailableError,
  type KeptAnswer,
  type KeptQuestion,
  type Lane,
  type NewAnswer,
  type NewMessage,
  type NewQuestion,
  type Receipt,
  type Settlement,
  type UnmatchedEvent,
} from '../inbox.ts';
import type { Rates, Tally } from '../overview.ts';
import {
  type KeptRefusal,
  type Refusal,
  type RefusalCount,
  type RefusalFilter,
  RefusalWriter,
} from '../refusals.ts';
import { SettledWaiters } from '../settled-waiters.ts';
import { acceptAll } from './accept.ts';
import { matchAgain, prune, retry, retryAll, setAside } from './changes.ts';
import { Claims } from './claims.ts';
import { Database } from './database.ts';
import { unavailable } from './failure.ts';
import { Holds } from './holds.ts';
import { Lease } from './lease.ts';
import * as look from './look.ts';
import * as questions from './questions.ts';
import * as refusals from './refusals.ts';
import * as rows from './rows.ts';
import { scheduleShared } from './schedule.ts';
import { migrate } from './schema.ts';

export interface PostgresInboxOptions {
  /** `postgres://…` */
  url: string;
  /** Whether this process serves: has a lease, claims, holds, and does scheduled work. Commands only look. */
  exclusive?: boolean;
  /** Whether to make the tables where there are none. Default true. */
  create?: boolean;
  /** Milliseconds that an event waits whose delivery the end of a process cut off. Default 5000. */
  interruptedGraceMs?: number;
  /** Messages that may wait for their commit; one more is refused at once. Default 10000. */
  queueLimit?: number;
  /** Milliseconds after which others take over what a process has that is not heard of. Default 30000. */
  leaseMs?: number;
  /** Connections to the server at most; one more renews the lease. Default 8. */
  poolSize?: number;
  /** Milliseconds that the server may take to answer. Default 10000. */
  timeoutMs?: number;
  /** Told of each commit of messages: of how many, how long it took, and whether it was made. */
  onCommit?: (messages: number, milliseconds: number, ok: boolean) => void;
}

/** Milliseconds between looks at what other replicas settled, while somebody waits for it. */
const SETTLED_POLL_MS = 250;

/**
 * The inbox in a PostgreSQL database that any number of bridges share.
 *
 * Rejects with `InboxUnavailableError` where the server does not answer, or a newer bridge made the tables.
 */
export async function openPostgresInbox(options: PostgresInboxOptions): Promise<Inbox> {
  const inbox = new PostgresInbox(options);
  try {
    await inbox.open();
    return inbox;
  } catch (error) {
    await inbox.close();
    throw unavailable(error);
  }
}

class PostgresInbox implements Inbox {
  readonly #options: PostgresInboxOptions;
  readonly #database: Database;
  /** For the lease alone: its renewal must not stand in a line behind the work. */
  readonly #leaseDatabase: Database;
  readonly #lease: Lease;
  readonly #claims: Claims;
  readonly #holds: Holds;
  readonly #commits: GroupCommit;
  readonly #refusals = new RefusalWriter((list) =>
    this.#call(() => this.#database.transaction((sql) => refusals.keep(sql, list))),
  );
  readonly #waiters = new SettledWaiters();
  readonly #waitingCallbacks = new Set<() => void>();
  readonly #calls = new Set<Promise<unknown>>();
  readonly #schedules = new Set<() => Promise<void>>();
  #settledPoll: NodeJS.Timeout | undefined;
  #closing = false;
  #closed = false;

  constructor(options: PostgresInboxOptions) {
    const { url, timeoutMs = 10_000, leaseMs = 30_000 } = options;
    this.#options = options;
    this.#database = new Database({ url, poolSize: options.poolSize ?? 8, timeoutMs });
    // Renewals that take longer than their turn are worth nothing.
    this.#leaseDatabase = new Database({ url, poolSize: 1, timeoutMs: Math.min(timeoutMs, leaseMs / 3) });
    this.#lease = new Lease(this.#leaseDatabase, {
      leaseMs,
      interruptedGraceMs: options.interruptedGraceMs ?? 5000,
      onLost: () => {
        this.#claims.forget();
        this.#holds.forget();
      },
      onGivenBack: () => this.#announceWaiting(),
    });
    this.#claims = new Claims(this.#database, this.#lease);
    this.#holds = new Holds(this.#database, this.#lease);
    this.#commits = new GroupCommit({
      commit: (messages) => this.#call(() => acceptAll(this.#database, messages)),
      queueLimit: options.queueLimit ?? 10_000,
      onWaiting: () => this.#announceWaiting(),
      onCommit: options.onCommit,
    });
  }

  async open(): Promise<void> {
    await migrate(this.#database, this.#options.create ?? true);
    if (this.#options.exclusive) await this.#lease.start();
  }

  /** Every call goes through here: its errors are the inbox's own, and `close` waits for it. */
  async #call<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new InboxUnavailableError('the inbox is closed');
    const call = work();
    this.#calls.add(call);
    try {
      return await call;
    } catch (error) {
      throw unavailable(error);
    } finally {
      this.#calls.delete(call);
    }
  }

  #announceWaiting(): void {
    for (const callback of this.#waitingCallbacks) callback();
  }

  accept(message: NewMessage): Promise<Receipt> {
    return this.#commits.accept(message);
  }

  claim(limit: number, now: number, lane: Lane = 'common'): Promise<ClaimedEvent[]> {
    return this.#call(() => this.#claims.claim(limit, now, lane));
  }

  async settle(settlements: Settlement[], now: number, calls: readonly AttemptCall[] = []): Promise<void> {
    const { settled, waiting } = await this.#call(() =>
      this.#claims.settle(settlements, now, callsText(calls)),
    );
    for (const { inboxId, events } of settled) this.#waiters.tell(inboxId, events);
    if (waiting) this.#announceWaiting();
  }

  lease(): AbortSignal {
    return this.#lease.signal;
  }

  hold(keys: readonly string[]): Promise<ReadonlySet<string>> {
    return this.#call(() => this.#holds.hold(keys));
  }

  free(keys: readonly string[]): Promise<void> {
    return this.#call(() => this.#holds.free(keys));
  }

  waitSettled(inboxId: number, timeoutMs: number, signal?: AbortSignal): Promise<EventStatus[]> {
    const waited = this.#waiters.wait(inboxId, timeoutMs, signal, async () => {
      const statuses = await this.#call(() => rows.statusesOf(this.#database, [inboxId]));
      return statuses.get(inboxId) ?? [];
    });
    this.#planSettledPoll();
    return waited;
  }

  /** What other replicas settle nobody tells: it is looked for, for all who wait at once. */
  #planSettledPoll(): void {
    if (this.#closing || this.#settledPoll !== undefined || this.#waiters.inboxIds.length === 0) return;
    this.#settledPoll = setTimeout(async () => {
      try {
        const statuses = await this.#call(() => rows.statusesOf(this.#database, this.#waiters.inboxIds));
        for (const [inboxId, events] of statuses) {
          if (events.every(({ state }) => state === 'settled')) this.#waiters.tell(inboxId, events);
        }
      } catch {
        // They hear of it when their own time is over, and they look.
      }
      this.#settledPoll = undefined;
      this.#planSettledPoll();
    }, SETTLED_POLL_MS);
    this.#settledPoll.unref();
  }

  onWaiting(callback: () => void): () => void {
    this.#waitingCallbacks.add(callback);
    return () => this.#waitingCallbacks.delete(callback);
  }

  nextDueAt(): Promise<number | null> {
    return this.#call(() => rows.nextDueAt(this.#database));
  }

  list(filter: EventFilter): Promise<EventSummary[]> {
    return this.#call(() => rows.list(this.#database, filter));
  }

  show(id: number): Promise<EventDetails | null> {
    return this.#call(() => rows.show(this.#database, id));
  }

  async retry(ids: number[]): Promise<number[]> {
    const found = await this.#call(() => retry(this.#database, ids));
    if (found.length > 0) this.#announceWaiting();
    return found;
  }

  retryAll(filter: EventFilter, onProgress?: (count: number) => void): Promise<number> {
    return this.#call(() => retryAll(this.#database, filter, () => this.#announceWaiting(), onProgress));
  }

  setAside(ids: number[]): Promise<number[]> {
    return this.#call(() => setAside(this.#database, ids));
  }

  dueMatches(limit: number, now: number): Promise<UnmatchedEvent[]> {
    return this.#call(() => rows.dueMatches(this.#database, limit, now));
  }

  matchAgain(times: readonly { id: number; at: number | null }[]): Promise<void> {
    return this.#call(() => matchAgain(this.#database, times));
  }

  findByRows(odooEventIds: readonly number[]): Promise<Map<number, { id: number; state: EventState }>> {
    return this.#call(() => rows.findByRows(this.#database, odooEventIds));
  }

  counts(leaveOut: readonly string[] = []): Promise<InboxCounts> {
    return this.#call(() => rows.counts(this.#database, leaveOut));
  }

  find(text: string, limit: number): Promise<EventSummary[]> {
    return this.#call(() => look.find(this.#database, text, limit));
  }

  tally(): Promise<Tally> {
    return this.#call(() => look.tally(this.#database));
  }

  rates(from: number, spanMs: number, spans: number): Promise<Rates> {
    return this.#call(() => look.rates(this.#database, from, spanMs, spans));
  }

  lastMessages(senderIds: readonly string[]): Promise<Map<string, number>> {
    return this.#call(() => look.lastMessages(this.#database, senderIds));
  }

  audit(entry: AuditEntry): Promise<void> {
    return this.#call(() => look.audit(this.#database, entry));
  }

  auditTrail(filter: AuditFilter): Promise<KeptAuditEntry[]> {
    return this.#call(() => look.auditTrail(this.#database, filter));
  }

  pruneAudit(before: number): Promise<number> {
    return this.#call(() => look.pruneAudit(this.#database, before));
  }

  keepRefusals(list: readonly Refusal[]): Promise<void> {
    return this.#refusals.keep(list);
  }

  async refusals(filter: RefusalFilter): Promise<KeptRefusal[]> {
    await this.#refusals.flush();
    return this.#call(() => refusals.list(this.#database, filter));
  }

  async pruneRefusals(before: number): Promise<number> {
    await this.#refusals.flush();
    return this.#call(() => refusals.prune(this.#database, before));
  }

  async refusalCounts(since: number): Promise<RefusalCount[]> {
    await this.#refusals.flush();
    return this.#call(() => refusals.counts(this.#database, since));
  }

  prune(before: number): Promise<number> {
    return this.#call(() => prune(this.#database, before));
  }

  getDocument(name: string): Promise<string | null> {
    return this.#call(() => rows.getDocument(this.#database, name));
  }

  putDocument(name: string, json: string): Promise<void> {
    return this.#call(() => rows.putDocument(this.#database, name, json));
  }

  listDocuments(prefix: string): Promise<Map<string, string>> {
    return this.#call(() => rows.listDocuments(this.#database, prefix));
  }

  replaceDocument(name: string, before: string | null, after: string | null): Promise<boolean> {
    return this.#call(() => rows.replaceDocument(this.#database, name, before, after));
  }

  ask(question: NewQuestion): Promise<void> {
    return this.#call(() => questions.ask(this.#database, question));
  }

  questionAcknowledged(transactionId: string, correlationId: string): Promise<void> {
    return this.#call(() => questions.acknowledged(this.#database, transactionId, correlationId));
  }

  answeredAtOnce(transactionId: string, body: string, receivedAt: number): Promise<void> {
    return this.#call(() => questions.answeredAtOnce(this.#database, transactionId, body, receivedAt));
  }

  answer(answer: NewAnswer): Promise<KeptQuestion | null> {
    return this.#call(() => questions.answer(this.#database, answer));
  }

  question(transactionId: string): Promise<KeptQuestion | null> {
    return this.#call(() => questions.question(this.#database, transactionId));
  }

  answers(transactionId: string, except: readonly number[] = []): Promise<KeptAnswer[]> {
    return this.#call(() => questions.answers(this.#database, transactionId, except));
  }

  answerCounts(): Promise<AnswerCounts> {
    return this.#call(() => questions.answerCounts(this.#database));
  }

  pruneAnswers(before: number): Promise<number> {
    return this.#call(() => questions.pruneAnswers(this.#database, before));
  }

  async schedule(
    name: string,
    everyMs: number,
    work: () => Promise<void>,
    onError: (error: unknown) => void,
  ): Promise<() => Promise<void>> {
    if (this.#closing) throw new InboxUnavailableError('the inbox is closed');
    const stop = scheduleShared(this.#database, this.#lease, name, everyMs, work, onError);
    this.#schedules.add(stop);
    return async () => {
      this.#schedules.delete(stop);
      await stop();
    };
  }

  async check(): Promise<void> {
    const now = JSON.stringify(Date.now());
    await this.#call(async () => {
      await rows.putDocument(this.#database, 'check', now);
      // Another replica may have written its own meanwhile.
      if ((await rows.getDocument(this.#database, 'check')) === null)
        throw new InboxUnavailableError('what was written did not come back');
    });
  }

  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    await Promise.all([...this.#schedules].map((stop) => stop()));
    await this.#commits.close();
    await this.#refusals.close();
    this.#closed = true;
    clearTimeout(this.#settledPoll);
    this.#waiters.wake();
    await Promise.allSettled(this.#calls);
    await this.#lease.stop();
    await Promise.all([this.#database.close(), this.#leaseDatabase.close()]);
  }
}
