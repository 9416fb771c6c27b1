import type { DciClientError } from '../dci/client/errors.ts';
import { RejectedError, ShapeError } from '../dci/client/errors-of-answers.ts';
import type { Plain } from '../dci/client/plain.ts';
import { readSubscriptions, readUnsubscribed, type Subscription } from '../dci/client/subscription-answer.ts';
import type { Inbox } from '../inbox/inbox.ts';

/**
 * `pending`: asked for, the registry's word is still to come. `active`: it has a code. `expired`: its time is over.
 * `rejected`: the registry refused it. `ending`: its end was asked for. `ended`: it ended so. `replaced`: another one
 * took its place before its time was over.
 */
export type SubscriptionState =
  | 'pending'
  | 'active'
  | 'expired'
  | 'rejected'
  | 'ending'
  | 'ended'
  | 'replaced';

/** A subscription as it is kept; times are ISO 8601. No personal data. */
export interface KeptSubscription {
  /** The transaction that it was asked for with. */
  id: string;
  /** The code of the source. */
  source: string;
  /** As asked: `BIRTH`, `DEATH`, … */
  eventType: string;
  state: SubscriptionState;
  /** By which it is ended. */
  codes: string[];
  requestedAt: string;
  confirmedAt: string | null;
  /** When the registry lets it end by itself; null where it does not say. */
  endsAt: string | null;
  endedAt: string | null;
  /** Why it was rejected, or not ended: the registry's code, and its own words. */
  reasonCode: string | null;
  reason: string | null;
  /** The transaction that its end was asked for with. */
  endTransaction: string | null;
  /** How its renewal goes. */
  renewal: {
    /** Failures since the last one that succeeded. */
    failures: number;
    /** When it is tried again after a failure. */
    nextAt: string | null;
    /** What went wrong last, for the operator. */
    error: string | null;
    /** The subscription that was asked for in its place. */
    by: string | null;
  };
}

/** What is known of subscriptions: for those who show them. */
export interface Subscriptions {
  /** All of them, the latest first. */
  list(): Promise<KeptSubscription[]>;
}

type Documents = Pick<Inbox, 'getDocument' | 'listDocuments' | 'replaceDocument'>;

const PREFIX = 'subscription ';
const MAX_REASON_LENGTH = 300;
/** So often a change is repeated that met another one. */
const COLLISIONS = 20;

/**
 * Remembers subscriptions, each in a document of the inbox, so that all who share it know them. Every change is made
 * to what was read, or repeated; and each may come twice.
 */
export class SubscriptionBook implements Subscriptions {
  readonly #documents: Documents;
  readonly #now: () => number;

  /** @param now milliseconds since the epoch */
  constructor(documents: Documents, now: () => number = Date.now) {
    this.#documents = documents;
    this.#now = now;
  }

  async list(): Promise<KeptSubscription[]> {
    const texts = await this.#documents.listDocuments(PREFIX);
    const all = [...texts.values()].map((text) => JSON.parse(text) as KeptSubscription);
    return all
      .map((one) =>
        one.state === 'active' && this.#isOver(one) ? { ...one, state: 'expired' as const } : one,
      )
      .sort((a, b) =>
        a.requestedAt < b.requestedAt || (a.requestedAt === b.requestedAt && a.id < b.id) ? 1 : -1,
      );
  }

  /** It is about to be asked for: its callback may be faster than the answer. */
  async requested(id: string, source: string, eventType: string): Promise<void> {
    const renewal = { failures: 0, nextAt: null, error: null, by: null };
    const made: KeptSubscription = {
      id,
      source,
      eventType,
      state: 'pending',
      codes: [],
      requestedAt: this.#time(),
      confirmedAt: null,
      endsAt: null,
      endedAt: null,
      reasonCode: null,
      reason: null,
      endTransaction: null,
      renewal,
    };
    await this.#documents.replaceDocument(PREFIX + id, null, JSON.stringify(made));
  }

  /** The registry gave codes. Without one, it is still to come. */
  async confirmed(id: string, subscriptions: readonly Subscription[]): Promise<void> {
    if (subscriptions.length === 0) return;
    const ends = subscriptions.flatMap(({ endsAt }) => (endsAt === null ? [] : [Date.parse(endsAt)]));
    await this.#change(id, (one) =>
      one.state === 'pending' || one.state === 'rejected'
        ? {
            ...one,
            state: 'active',
            codes: subscriptions.map(({ code }) => code),
            confirmedAt: this.#time(),
            endsAt: ends.length === 0 ? null : new Date(Math.min(...ends)).toISOString(),
            reasonCode: null,
            reason: null,
          }
        : one,
    );
  }

  /** The request failed. Where the registry may have it nevertheless, its callback may still come. */
  async failed(id: string, error: DciClientError): Promise<void> {
    await this.#change(id, (one) =>
      one.state === 'pending'
        ? {
            ...one,
            state: MAY_HAVE_ARRIVED.includes(error.code) ? 'pending' : 'rejected',
            reasonCode: error.registryCode ?? error.code,
            reason: error.registryMessage ?? null,
          }
        : one,
    );
  }

  /** What came to `on-subscribe`. One that says nothing of use changes nothing. */
  async onSubscribe(id: string, header: Plain, message: Plain): Promise<void> {
    try {
      await this.confirmed(id, readSubscriptions(header, message));
    } catch (error) {
      if (error instanceof ShapeError) return;
      if (!(error instanceof RejectedError)) throw error;
      await this.#change(id, (one) =>
        one.state === 'pending' ? { ...one, state: 'rejected', ...reasonOf(error) } : one,
      );
    }
  }

  /** The end of codes is about to be asked for. */
  async ending(source: string, codes: readonly string[], transaction: string): Promise<void> {
    for (const one of await this.list()) {
      if (one.source !== source || !one.codes.some((code) => codes.includes(code))) continue;
      await this.#change(one.id, (now) => ({ ...now, state: 'ending', endTransaction: transaction }));
    }
  }

  /** The registry ended codes; all of the transaction where it names none. */
  async ended(transaction: string, codes: readonly string[] | null): Promise<void> {
    for (const { id } of await this.#endingBy(transaction)) {
      await this.#change(id, (one) => {
        if (one.endTransaction !== transaction) return one;
        const left = codes === null ? [] : one.codes.filter((code) => !codes.includes(code));
        if (left.length > 0) return { ...one, state: 'active', codes: left };
        return { ...one, state: 'ended', endedAt: this.#time(), reasonCode: null, reason: null };
      });
    }
  }

  /** They were not ended, and go on. */
  async notEnded(
    transaction: string,
    reason: { reasonCode: string | null; reason: string | null },
  ): Promise<void> {
    for (const { id } of await this.#endingBy(transaction)) {
      await this.#change(id, (one) =>
        one.endTransaction === transaction && one.state === 'ending'
          ? { ...one, state: 'active', endTransaction: null, ...reason }
          : one,
      );
    }
  }

  /** What came to `on-unsubscribe`. */
  async onUnsubscribe(transaction: string, header: Plain, message: Plain): Promise<void> {
    try {
      const { status, codes } = readUnsubscribed(header, message);
      const gone = codes.filter((one) => one.status !== 'subscribe').map(({ code }) => code);
      if (codes.length > 0) await this.ended(transaction, gone);
      else if (status === 'succ') await this.ended(transaction, null);
    } catch (error) {
      if (error instanceof ShapeError) return;
      if (!(error instanceof RejectedError)) throw error;
      await this.notEnded(transaction, reasonOf(error));
    }
  }

  /** Another one was asked for in its place, or that failed. */
  async renewing(id: string, renewal: KeptSubscription['renewal']): Promise<void> {
    await this.#change(id, (one) => ({ ...one, renewal }));
  }

  /** Another one took its place. */
  async replaced(id: string): Promise<void> {
    await this.#change(id, (one) =>
      one.state === 'active' ? { ...one, state: 'replaced', endedAt: this.#time() } : one,
    );
  }

  /** Forgets those that have been over, or were never confirmed, since before `before`, milliseconds since the epoch; gives how many. */
  async prune(before: number): Promise<number> {
    let gone = 0;
    for (const [name, text] of await this.#documents.listDocuments(PREFIX)) {
      const one = JSON.parse(text) as KeptSubscription;
      const isOver = one.state !== 'active' && one.state !== 'ending';
      if (!isOver || Date.parse(one.endedAt ?? one.requestedAt) >= before) continue;
      if (await this.#documents.replaceDocument(name, text, null)) gone += 1;
    }
    return gone;
  }

  async #endingBy(transaction: string): Promise<KeptSubscription[]> {
    return (await this.list()).filter(({ endTransaction }) => endTransaction === transaction);
  }

  async #change(id: string, change: (one: KeptSubscription) => KeptSubscription): Promise<void> {
    for (let tries = 0; tries < COLLISIONS; tries++) {
      const before = await this.#documents.getDocument(PREFIX + id);
      if (before === null) return;
      const after = JSON.stringify(change(JSON.parse(before) as KeptSubscription));
      if (after === before || (await this.#documents.replaceDocument(PREFIX + id, before, after))) return;
    }
    throw new Error('a subscription changes faster than it can be written');
  }

  #isOver({ endsAt }: KeptSubscription): boolean {
    return endsAt !== null && Date.parse(endsAt) <= this.#now();
  }

  #time(): string {
    return new Date(this.#now()).toISOString();
  }
}

/** After these nobody knows whether the registry took the request up. */
const MAY_HAVE_ARRIVED: readonly string[] = [
  'registry.timeout',
  'registry.unreachable',
  'registry.unavailable',
  'registry.answer',
  'registry.signature',
  'registry.encrypted',
];

function reasonOf({ reasonCode, reason }: RejectedError): Pick<KeptSubscription, 'reasonCode' | 'reason'> {
  const line = reason?.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
  return { reasonCode: reasonCode ?? null, reason: line?.slice(0, MAX_REASON_LENGTH).toWellFormed() ?? null };
}
