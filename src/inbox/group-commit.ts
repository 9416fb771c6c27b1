import type { NewMessage, Receipt } from './messages.ts';
import { InboxUnavailableError } from './unavailable.ts';

/** More messages in one commit bring nothing: the fsync is shared by then. */
const COMMIT_LIMIT = 500;
/** While one group is being committed the next is on its way, so that the storage need not wait for it. */
const COMMIT_LANES = 2;

export interface GroupCommitOptions {
  /** Commits messages together; gives their receipts in the same order. All of them or none. */
  commit(messages: NewMessage[]): Promise<Receipt[]>;
  /** Messages that may wait for their commit; one more is refused at once. */
  queueLimit: number;
  /** Called after each commit that made events wait. */
  onWaiting(): void;
  /** Told of each commit: of how many messages, how long it took, and whether it was made. */
  onCommit?: ((messages: number, milliseconds: number, ok: boolean) => void) | undefined;
}

interface Queued {
  message: NewMessage;
  resolve(receipt: Receipt): void;
  reject(error: unknown): void;
}

/** Lets messages that arrive while a commit is under way share the next one. */
export class GroupCommit {
  readonly #options: GroupCommitOptions;
  #queue: Queued[] = [];
  readonly #lanes = new Set<Promise<void>>();
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
      if (this.#lanes.size < COMMIT_LANES) this.#startLane();
    });
  }

  #startLane(): void {
    const lane: Promise<void> = this.#commit(() => this.#lanes.delete(lane));
    this.#lanes.add(lane);
  }

  /** @param onEmpty called in the same turn as the last look at the queue: who comes after it starts another lane */
  async #commit(onEmpty: () => void): Promise<void> {
    // The requests that the event loop is about to hand over in this turn join the commit.
    await new Promise(setImmediate);
    while (this.#queue.length > 0) {
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

  /** Refuses new messages; resolves when those that were taken are committed, or refused. */
  async close(): Promise<void> {
    this.#closing = true;
    await Promise.all(this.#lanes);
  }
}
