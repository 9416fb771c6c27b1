import { Worker } from 'node:worker_threads';
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
import { repeat } from '../repeat.ts';
import { SettledWaiters } from '../settled-waiters.ts';
import type { Page } from './look.ts';
import type { Claim, SettledMessage, StoreOptions } from './store.ts';
import type { StoreAnswer, StoreCall, StoreMethod } from './worker.ts';

export interface SqliteInboxOptions {
  path: string;
  /** Whether this process serves: takes the lock, gives back interrupted deliveries. Commands only look. */
  exclusive?: boolean;
  /** Whether to make the file where there is none. Default true. */
  create?: boolean;
  /** Milliseconds that an event waits whose delivery the end of the last process cut off. Default 5000. */
  interruptedGraceMs?: number;
  /** Messages that may wait for their commit; one more is refused at once. Default 10000. */
  queueLimit?: number;
  /** Told of each commit of messages: of how many, how long it took, and whether it was made. */
  onCommit?: (messages: number, milliseconds: number, ok: boolean) => void;
}

const PRUNE_SLICE = 500;
const RETRY_SLICE = 500;

interface Waiting<T> {
  resolve(value: T): void;
  reject(error: Error): void;
}

/**
 * The inbox in an SQLite file, in a thread of its own. Messages that arrive while a commit is under way share the
 * next one.
 *
 * Rejects with `InboxUnavailableError` where the file cannot be opened, or another process serves it.
 */
export async function openSqliteInbox(options: SqliteInboxOptions): Promise<Inbox> {
  const inbox = new SqliteInbox(options);
  await inbox.open();
  return inbox;
}

class SqliteInbox implements Inbox {
  readonly #options: SqliteInboxOptions;
  readonly #calls = new Map<number, Waiting<unknown>>();
  readonly #settledWaiters = new SettledWaiters();
  readonly #waitingCallbacks = new Set<() => void>();
  #worker: Worker | null = null;
  #lastId = 0;
  readonly #commits: GroupCommit;
  readonly #refusals = new RefusalWriter((refusals) => this.#call('keepRefusals', refusals));
  readonly #held = new Set<string>();
  readonly #lease = new AbortController().signal;
  #closing = false;
  #closed = false;

  constructor(options: SqliteInboxOptions) {
    this.#options = options;
    this.#commits = new GroupCommit({
      commit: (messages) => this.#call<Receipt[]>('acceptAll', messages),
      queueLimit: options.queueLimit ?? 10_000,
      onWaiting: () => this.#announceWaiting(),
      onCommit: options.onCommit,
    });
  }

  /** Starts the thread; resolves once the database is open. */
  async open(): Promise<void> {
    const workerData: StoreOptions = {
      path: this.#options.path,
      exclusive: this.#options.exclusive ?? false,
      create: this.#options.create ?? true,
      interruptedGraceMs: this.#options.interruptedGraceMs ?? 5000,
      now: Date.now(),
    };
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData });
    this.#worker = worker;
    const opened = new Promise<unknown>((resolve, reject) => this.#calls.set(0, { resolve, reject }));
    worker.on('message', (answer: StoreAnswer) => {
      const call = this.#calls.get(answer.id);
      this.#calls.delete(answer.id);
      if ('error' in answer) call?.reject(new InboxUnavailableError(answer.error));
      else call?.resolve(answer.result);
    });
    worker.on('error', (error) => this.#lost(worker, error instanceof Error ? error.message : String(error)));
    worker.on('exit', () => this.#lost(worker, 'the inbox thread has ended'));
    await opened;
  }

  #lost(worker: Worker, reason: string): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    for (const call of this.#calls.values()) call.reject(new InboxUnavailableError(reason));
    this.#calls.clear();
  }

  async #call<T>(method: StoreMethod, ...args: unknown[]): Promise<T> {
    if (this.#closed) throw new InboxUnavailableError('the inbox is closed');
    if (!this.#worker) await this.open();
    return this.#post<T>(method, args);
  }

  #post<T>(method: StoreMethod, args: unknown[]): Promise<T> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise<T>((resolve, reject) => {
      this.#calls.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.#worker?.postMessage({ id, method, args } satisfies StoreCall);
    });
  }

  accept(message: NewMessage): Promise<Receipt> {
    return this.#commits.accept(message);
  }

  #announceWaiting(): void {
    for (const callback of this.#waitingCallbacks) callback();
  }

  async claim(limit: number, now: number, lane?: Lane): Promise<ClaimedEvent[]> {
    const { events, bodies } = await this.#call<Claim>('claim', limit, now, lane);
    return events.map((event) => ({ ...event, body: bodies.get(event.messageInboxId) ?? '' }));
  }

  async settle(settlements: Settlement[], now: number, calls: readonly AttemptCall[] = []): Promise<void> {
    if (settlements.length === 0) return;
    const settled = await this.#call<SettledMessage[]>('settle', settlements, now, calls);
    for (const { inboxId, events } of settled) this.#settledWaiters.tell(inboxId, events);
    if (settlements.some((one) => one.kind === 'released' && one.dueAt === null)) this.#announceWaiting();
  }

  waitSettled(inboxId: number, timeoutMs: number, signal?: AbortSignal): Promise<EventStatus[]> {
    return this.#settledWaiters.wait(inboxId, timeoutMs, signal, () =>
      this.#call<EventStatus[]>('statusOf', inboxId),
    );
  }

  onWaiting(callback: () => void): () => void {
    this.#waitingCallbacks.add(callback);
    return () => this.#waitingCallbacks.delete(callback);
  }

  nextDueAt(): Promise<number | null> {
    return this.#call('nextDueAt');
  }

  /** In short looks, so that commits come in between. */
  async list(filter: EventFilter): Promise<EventSummary[]> {
    const found: EventSummary[] = [];
    const limit = filter.limit ?? 50;
    for (let below: number | null = null; ; ) {
      const { events, next }: Page = await this.#call<Page>('listSome', filter, below, limit - found.length);
      found.push(...events);
      if (next === null || found.length >= limit) return found;
      below = next;
    }
  }

  find(text: string, limit: number): Promise<EventSummary[]> {
    return this.#call('find', text, limit);
  }

  show(id: number): Promise<EventDetails | null> {
    return this.#call('show', id);
  }

  async retry(ids: number[]): Promise<number[]> {
    const found = await this.#call<number[]>('retry', ids);
    if (found.length > 0) this.#announceWaiting();
    return found;
  }

  async retryAll(filter: EventFilter, onProgress?: (count: number) => void): Promise<number> {
    let total = 0;
    for (let after = 0; ; ) {
      const { count, last } = await this.#call<{ count: number; last: number | null }>(
        'retrySome',
        filter,
        after,
        RETRY_SLICE,
      );
      total += count;
      if (count > 0) this.#announceWaiting();
      onProgress?.(total);
      if (last === null) return total;
      after = last;
    }
  }

  setAside(ids: number[]): Promise<number[]> {
    return this.#call('setAside', ids);
  }

  dueMatches(limit: number, now: number): Promise<UnmatchedEvent[]> {
    return this.#call('dueMatches', limit, now);
  }

  matchAgain(times: readonly { id: number; at: number | null }[]): Promise<void> {
    return this.#call('matchAgain', times);
  }

  findByRows(odooEventIds: readonly number[]): Promise<Map<number, { id: number; state: EventState }>> {
    return this.#call('findByRows', odooEventIds);
  }

  /** Only one process serves a file: what it has, nobody takes. */
  lease(): AbortSignal {
    return this.#lease;
  }

  async hold(keys: readonly string[]): Promise<ReadonlySet<string>> {
    const got = new Set(keys.filter((key) => !this.#held.has(key)));
    for (const key of got) this.#held.add(key);
    return got;
  }

  async free(keys: readonly string[]): Promise<void> {
    for (const key of keys) this.#held.delete(key);
  }

  async schedule(
    _name: string,
    everyMs: number,
    work: () => Promise<void>,
    onError: (error: unknown) => void,
  ): Promise<() => Promise<void>> {
    return repeat(everyMs, work, onError);
  }

  counts(leaveOut: readonly string[] = []): Promise<InboxCounts> {
    return this.#call('counts', leaveOut);
  }

  tally(): Promise<Tally> {
    return this.#call('tally');
  }

  rates(from: number, spanMs: number, spans: number): Promise<Rates> {
    return this.#call('rates', from, spanMs, spans);
  }

  lastMessages(senderIds: readonly string[]): Promise<Map<string, number>> {
    return this.#call('lastMessages', senderIds);
  }

  audit(entry: AuditEntry): Promise<void> {
    return this.#call('audit', entry);
  }

  auditTrail(filter: AuditFilter): Promise<KeptAuditEntry[]> {
    return this.#call('auditTrail', filter);
  }

  keepRefusals(refusals: readonly Refusal[]): Promise<void> {
    return this.#refusals.keep(refusals);
  }

  async refusals(filter: RefusalFilter): Promise<KeptRefusal[]> {
    await this.#refusals.flush();
    return this.#call('refusals', filter);
  }

  async pruneRefusals(before: number): Promise<number> {
    await this.#refusals.flush();
    return this.#call('pruneRefusals', before);
  }

  async refusalCounts(since: number): Promise<RefusalCount[]> {
    await this.#refusals.flush();
    return this.#call('refusalCounts', since);
  }

  prune(before: number): Promise<number> {
    return this.#inSlices('prune', before);
  }

  pruneAudit(before: number): Promise<number> {
    return this.#inSlices('pruneAudit', before);
  }

  async #inSlices(method: 'prune' | 'pruneAudit', before: number): Promise<number> {
    let total = 0;
    for (;;) {
      const gone = await this.#call<number>(method, before, PRUNE_SLICE);
      total += gone;
      if (gone < PRUNE_SLICE) return total;
    }
  }

  getDocument(name: string): Promise<string | null> {
    return this.#call('getDocument', name);
  }

  putDocument(name: string, json: string): Promise<void> {
    return this.#call('putDocument', name, json);
  }

  listDocuments(prefix: string): Promise<Map<string, string>> {
    return this.#call('listDocuments', prefix);
  }

  replaceDocument(name: string, before: string | null, after: string | null): Promise<boolean> {
    return this.#call('replaceDocument', name, before, after);
  }

  ask(question: NewQuestion): Promise<void> {
    return this.#call('ask', question);
  }

  questionAcknowledged(transactionId: string, correlationId: string): Promise<void> {
    return this.#call('questionAcknowledged', transactionId, correlationId);
  }

  answeredAtOnce(transactionId: string, body: string, receivedAt: number): Promise<void> {
    return this.#call('answeredAtOnce', transactionId, body, receivedAt);
  }

  answer(answer: NewAnswer): Promise<KeptQuestion | null> {
    return this.#call('answer', answer);
  }

  question(transactionId: string): Promise<KeptQuestion | null> {
    return this.#call('question', transactionId);
  }

  answers(transactionId: string, except: readonly number[] = []): Promise<KeptAnswer[]> {
    return this.#call('answers', transactionId, except);
  }

  answerCounts(): Promise<AnswerCounts> {
    return this.#call('answerCounts');
  }

  async pruneAnswers(before: number): Promise<number> {
    let total = 0;
    for (;;) {
      const gone = await this.#call<number>('pruneAnswers', before, PRUNE_SLICE);
      total += gone;
      if (gone === 0) return total;
    }
  }

  check(): Promise<void> {
    return this.#call('check', Date.now());
  }

  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    await this.#commits.close();
    await this.#refusals.close();
    this.#closed = true;
    const worker = this.#worker;
    if (!worker) return;
    const exited = new Promise((resolve) => worker.once('exit', resolve));
    await this.#post('close', []);
    await exited;
  }
}
