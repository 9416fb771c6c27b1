import { Worker } from 'node:worker_threads';
import { InboxUnavailableError } from '../unavailable.ts';
import type { SqliteStore, StoreOptions } from './store.ts';
import type { IndexingNote, StoreAnswer, StoreCall, StoreMethod } from './worker.ts';

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** The store in its thread: one that died is started again by the next call. */
export class StoreThread {
  readonly #options: Omit<StoreOptions, 'now'>;
  readonly #onIndexing: (failure: string | null) => void;
  readonly #calls = new Map<number, Waiting>();
  #worker: Worker | null = null;
  #lastId = 0;
  #closed = false;

  /** @param onIndexing called with why indexing failed, and with null once it works again */
  constructor(options: Omit<StoreOptions, 'now'>, onIndexing: (failure: string | null) => void) {
    this.#options = options;
    this.#onIndexing = onIndexing;
  }

  /** Starts the thread; resolves once the database is open. */
  async open(): Promise<void> {
    const workerData: StoreOptions = { ...this.#options, now: Date.now() };
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData });
    this.#worker = worker;
    const opened = new Promise<unknown>((resolve, reject) => this.#calls.set(0, { resolve, reject }));
    worker.on('message', (answer: StoreAnswer | IndexingNote) => {
      if ('indexing' in answer) {
        this.#onIndexing(answer.indexing);
        return;
      }
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

  /** Calls a method of the store. Rejects with `InboxUnavailableError`. */
  async call<M extends StoreMethod>(
    method: M,
    ...args: Parameters<SqliteStore[M]>
  ): Promise<ReturnType<SqliteStore[M]>> {
    if (this.#closed) throw new InboxUnavailableError('the inbox is closed');
    if (!this.#worker) await this.open();
    return (await this.#post(method, args)) as ReturnType<SqliteStore[M]>;
  }

  #post(method: StoreMethod, args: unknown[]): Promise<unknown> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise<unknown>((resolve, reject) => {
      this.#calls.set(id, { resolve, reject });
      this.#worker?.postMessage({ id, method, args } satisfies StoreCall);
    });
  }

  /** Takes no more calls; resolves when those before it have ended, and the thread with them. */
  async close(): Promise<void> {
    this.#closed = true;
    const worker = this.#worker;
    if (!worker) return;
    const exited = new Promise((resolve) => worker.once('exit', resolve));
    await this.#post('close', []);
    await exited;
  }
}
