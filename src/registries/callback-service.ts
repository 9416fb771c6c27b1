import type { Logger } from 'pino';
import type { CallbackAction } from '../dci/client/answers.ts';
import { type Plain, textOf } from '../dci/client/plain.ts';
import type { AnswerStore, KeptAnswers } from './kept-answers.ts';
import type { SubscriptionBook } from './subscriptions.ts';

/** A callback that was verified, and is on disk. */
export interface ReceivedCallback {
  /** Of its message. */
  inboxId: number;
  /** By the route that it came to: not every registry puts it into the header. */
  action: CallbackAction;
  senderNames: readonly string[];
  header: Plain;
  message: Plain;
  /** Milliseconds since the epoch. */
  receivedAt: number;
}

/** Takes callbacks to what they answer. */
export class CallbackService {
  readonly #store: AnswerStore;
  readonly #answers: KeptAnswers;
  readonly #book: SubscriptionBook;
  readonly #log: Logger;

  constructor(store: AnswerStore, answers: KeptAnswers, book: SubscriptionBook, log: Logger) {
    this.#store = store;
    this.#answers = answers;
    this.#book = book;
    this.#log = log;
  }

  /**
   * Gives a callback to its question, to subscriptions, and to those who wait. May be called again with the same one; to be
   * done before it is acknowledged, so that what was cut off is sent again.
   *
   * @throws {InboxUnavailableError}
   */
  async receive(callback: ReceivedCallback): Promise<void> {
    const { inboxId, action, senderNames, header, message, receivedAt } = callback;
    const question = await this.#store.answer({
      inboxId,
      action,
      senderNames,
      transactionId: textOf(message.transaction_id),
      correlationId: textOf(message.correlation_id),
      receivedAt,
    });
    if (!question) {
      this.#log.warn({ message: inboxId, action }, 'a callback answers nothing that was asked of its sender');
      return;
    }
    const { transactionId, registry } = question;
    if (action === 'on-subscribe') await this.#book.onSubscribe(transactionId, header, message);
    if (action === 'on-unsubscribe') await this.#book.onUnsubscribe(transactionId, header, message);
    this.#log.info({ message: inboxId, action, source: registry }, 'a registry answered');
    this.#answers.wake(transactionId);
  }
}
