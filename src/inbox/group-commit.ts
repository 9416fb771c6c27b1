import type { NewMessage, Receipt } from './messages.ts';
import { InboxUnavailableError } from './unavailable.ts';

/** More messages in one commit bring nothing: the fsync is shared by then. */
const COMMIT_LIMIT = 500;
/** While one group is being committed the next is on its way, so that the storage need not wait for it. */
const COMMITS_AT_ONCE = 2;
/** From so many messages on, a commit waits for no more. */
const ENOUGH = 64;
/** Milliseconds that a commit waits for more messages at most. */
const LONGEST_WAIT_MS = 5;

export interface GroupCommitOptions {
  /** Commits messages together; gives their receipts in the same order. All of them or none. */
  commit(messages: NewMessage[]): Promise<Receipt[]>;
  /** Messages that may wait for their commit; one more is refused at once. */
  queueLimit: number;
  /** Called after each commit that made events wait. */
  onWaiting(): void;
  /** Called after each commit: of how many messages, how long it took, and whether it was made. */
  onCommit?: ((messages: number, milliseconds: number, ok: boolean) => void) | undefined;
}

interface Queued {
  message: NewMessage;
  resolve(receipt: Receipt): void;
  reject(error: unknown): void;
}

/** Lets messages that arrive at about the same time share a commit: the more arrive, the more share it. */
export class GroupCommit {
  readonly #options: GroupCommitOptions;
  #queue: Queued[] = [];
  readonly #underWay = new Set<Promise<void>>();
  #closing = false;

  constructor(options: GroupCommitOptions) {
    this.#options = options;
  }

  accept(message: NewMessage): Promise<Receipt> {
    if (this.#closing) return Promise.reject(new InboxUnavailableError('the inbox is closed'));
    if (this.#queue.length >= this.#options.queueLimit) {
      return Promise.reject(new InboxUnavailableError('too many messages wait for their commit'));
    }
    return new Promise<Receipt>((resolve, reject) => {
      this.#queue.push({ message, resolve, reject });
      if (this.#underWay.size < COMMITS_AT_ONCE) this.#start();
    });
  }

  #start(): void {
    const commits: Promise<void> = this.#commitQueued(() => this.#underWay.delete(commits));
    this.#underWay.add(commits);
  }

  /** @param onEmpty called in the same turn as the last look at the queue: the next message starts again */
  async #commitQueued(onEmpty: () => void): Promise<void> {
    for (;;) {
      await this.#gather();
      if (this.#queue.length === 0) break;
      const group = this.#queue.slice(0, COMMIT_LIMIT);
      this.#queue = this.#queue.slice(group.length);
      const start = performance.now();
      try {
        const receipts = await this.#options.commit(group.map(({ message }) => message));
        this.#options.onCommit?.(group.length, performance.now() - start, true);
        group.forEach(({ resolve }, position) => {
          resolve(receipts[position] as Receipt);
        });
        if (receipts.some(({ kind, events }) => kind === 'created' && events.length > 0))
          this.#options.onWaiting();
      } catch (error) {
        this.#options.onCommit?.(group.length, performance.now() - start, false);
        for (const { reject } of group) reject(error);
      }
    }
    onEmpty();
  }

  /**
   * Waits as long as each turn of the event loop brings messages: what they share, an fsync and the last page of each
   * table, costs more than one of them. Without load that is two turns.
   */
  async #gather(): Promise<void> {
    const until = performance.now() + LONGEST_WAIT_MS;
    for (let before = 0; ; ) {
      await new Promise(setImmediate);
      const { length } = this.#queue;
      if (length <= before || length >= ENOUGH || performance.now() >= until) return;
      before = length;
    }
  }

  /** Refuses new messages; resolves when those that were taken are committed, or refused. */
  async close(): Promise<void> {
    this.#closing = true;
    await Promise.all(this.#underWay);
  }
}
