import { isPlain, textOf } from '../../dci/client/plain.ts';
import { BodyError, readRoot } from '../../dci/client/read-body.ts';
import { DciError } from '../../dci/errors.ts';
import type { IncomingMessage, Receiver } from '../../intake/intake.ts';

/**
 * Finds the refused callbacks that answer one of our questions. Some registries post an answer once, and end where it is
 * refused (OpenCRVS's DCI API): such an answer is acknowledged, and believed no more for that. Our transaction
 * ids are random, so nobody knows them but who was asked.
 */
export class RefusedAnswers {
  readonly #transactions = new WeakMap<object, string>();
  readonly #asked: (transactionId: string) => Promise<boolean>;

  /** @param asked whether something was asked by a transaction */
  constructor(asked: (transactionId: string) => Promise<boolean>) {
    this.#asked = asked;
  }

  /** The same receiver, whose refusals are looked at. */
  watching<Content>(receiver: Receiver<Content>): Receiver<Content> {
    return {
      ...receiver,
      authenticate: (message) => this.#noting(message, receiver.authenticate(message)),
      read: (authenticated, message) => this.#noting(message, receiver.read(authenticated, message)),
    };
  }

  /** Whether an error that `takeMessage` threw refuses an answer to one of our questions. @throws {InboxUnavailableError} */
  async has(error: unknown): Promise<boolean> {
    if (!(error instanceof DciError)) return false;
    const transaction = this.#transactions.get(error);
    return transaction !== undefined && this.#asked(transaction);
  }

  async #noting<T>({ body }: IncomingMessage, work: T | Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      const transaction = error instanceof DciError ? transactionOf(body) : null;
      if (transaction !== null) this.#transactions.set(error as DciError, transaction);
      throw error;
    }
  }
}

function transactionOf(body: Uint8Array): string | null {
  try {
    const { message } = readRoot(body);
    return isPlain(message) ? textOf(message.transaction_id) : null;
  } catch (error) {
    if (error instanceof BodyError) return null;
    throw error;
  }
}
