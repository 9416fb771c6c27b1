import { type Inbox, InboxUnavailableError, type NewMessage, type Receipt } from '../inbox/inbox.ts';
import { backoffMs, retried } from '../lib/retry.ts';
import type { Timing } from '../lib/timing.ts';

export interface InboxWriterSettings {
  /** Events that may wait for their delivery before more are asked for. */
  backlogLimit: number;
  /** Messages that may wait for their commit (`inbox.queue_limit`): notifications want room there, too. */
  queueLimit: number;
}

const LOOK_EVERY_MS = 1000;
/** A backlog that has not shrunk for so long is not being delivered: nothing is gained by waiting for it. */
const PATIENCE_MS = 10_000;
const MAXIMUM_GROUP = 250;
const TRIES = 10;
const PAUSES = { initialMs: 250, maximumMs: 10_000 };

/**
 * Puts what was found into the inbox without crowding out what registries send meanwhile: events are delivered by their
 * dates, so a large backlog of old ones would keep the deaths of today waiting.
 */
export class InboxWriter {
  readonly #inbox: Pick<Inbox, 'accept' | 'counts'>;
  readonly #settings: InboxWriterSettings;
  readonly #timing: Timing;
  /** The backlog when waiting for it last ended without success. */
  #stuckAt: number | null = null;

  constructor(inbox: Pick<Inbox, 'accept' | 'counts'>, settings: InboxWriterSettings, timing: Timing) {
    this.#inbox = inbox;
    this.#settings = settings;
    this.#timing = timing;
  }

  /**
   * Waits until the backlog is below its limit, for as long as it shrinks: where nobody delivers (no bridge runs, Odoo
   * is down), the inbox takes everything.
   *
   * @throws the signal's reason, InboxUnavailableError
   */
  async wait(signal: AbortSignal): Promise<void> {
    let lowest = await this.#backlog();
    if (this.#stuckAt !== null && lowest >= this.#stuckAt) return;
    this.#stuckAt = null;
    let movedAt = this.#timing.now();
    while (lowest > this.#settings.backlogLimit) {
      if (this.#timing.now() - movedAt >= PATIENCE_MS) {
        this.#stuckAt = lowest;
        return;
      }
      await this.#timing.wait(LOOK_EVERY_MS, signal);
      const now = await this.#backlog();
      if (now >= lowest) continue;
      lowest = now;
      movedAt = this.#timing.now();
    }
  }

  async #backlog(): Promise<number> {
    const { waiting, delivering } = await this.#inbox.counts();
    return waiting + delivering;
  }

  /**
   * Commits messages, in groups that leave the queue writer. An inbox that cannot take one now is tried again, with
   * pauses that grow.
   *
   * @returns the receipts, in the same order
   * @throws the signal's reason, InboxUnavailableError where it goes on for a minute
   */
  async accept(messages: readonly NewMessage[], signal: AbortSignal): Promise<Receipt[]> {
    const size = Math.max(1, Math.min(MAXIMUM_GROUP, Math.floor(this.#settings.queueLimit / 4)));
    const receipts: Receipt[] = [];
    for (let from = 0; from < messages.length; from += size) {
      const group = messages.slice(from, from + size);
      receipts.push(...(await Promise.all(group.map((message) => this.#accept(message, signal)))));
    }
    return receipts;
  }

  #accept(message: NewMessage, signal: AbortSignal): Promise<Receipt> {
    return retried(() => this.#inbox.accept(message), {
      timing: this.#timing,
      signal,
      pauseAfter: (error, failures) =>
        error instanceof InboxUnavailableError && failures < TRIES ? backoffMs(failures, PAUSES, 1) : null,
    });
  }
}
