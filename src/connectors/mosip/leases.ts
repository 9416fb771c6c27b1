import type { Inbox } from '../../inbox/inbox.ts';

/** A subscription at MOSIP's WebSub hub as the bridge knows it. Times in milliseconds since the epoch. */
export interface Lease {
  topic: string;
  /** `active`: the hub confirmed it. `asked`: asked for, and not confirmed since. `denied`: the hub refused or ended it. */
  state: 'active' | 'asked' | 'denied';
  /** When the hub last confirmed it; null where it never did. */
  confirmedAt: number | null;
  /** When the hub ends it by itself; null where that is not known. */
  endsAt: number | null;
  /** How its renewal goes. */
  renewal: {
    /** When it was last asked for. */
    askedAt: number | null;
    /** Tries since it was last confirmed. */
    tries: number;
    /** What went wrong last, a code; null where nothing did. */
    problem: string | null;
  };
}

type Documents = Pick<Inbox, 'getDocument' | 'listDocuments' | 'replaceDocument'>;

const PREFIX = 'mosip lease ';
/** So often a change is made again that met another one. */
const COLLISIONS = 20;
/** A hub that gives a lease of more than a century means none that ends. */
const MAX_SECONDS = 3_155_760_000;

/**
 * Remembers the leases, each in a document of the inbox: the process that the hub asks need not be the one that renews.
 * Only the hub's question says how long a lease is (W3C WebSub 5.3.1, `hub.lease_seconds`).
 */
export class LeaseBook {
  readonly #documents: Documents;

  constructor(documents: Documents) {
    this.#documents = documents;
  }

  /** One for each topic; of a topic without any, an empty one. */
  async list(topics: readonly string[]): Promise<Lease[]> {
    const texts = await this.#documents.listDocuments(PREFIX);
    return topics.map((topic) => read(topic, texts.get(PREFIX + topic) ?? null) ?? unknown(topic));
  }

  /** @param leaseSeconds as the hub says; null where it does not, or says no number */
  async confirmed(topic: string, leaseSeconds: number | null, now: number): Promise<void> {
    await this.#change(topic, () => ({
      topic,
      state: 'active',
      confirmedAt: now,
      endsAt: leaseSeconds === null ? null : now + leaseSeconds * 1000,
      renewal: { askedAt: null, tries: 0, problem: null },
    }));
  }

  /** The hub refused it, or ended it before its time. */
  async denied(topic: string, now: number): Promise<void> {
    await this.#change(topic, (lease) => ({ ...lease, state: 'denied', endsAt: now }));
  }

  /** It is about to be asked for: the hub's question may be faster than its answer. */
  async asked(topic: string, now: number): Promise<void> {
    await this.#change(topic, (lease) => ({
      ...lease,
      state: lease.state === 'active' ? 'active' : 'asked',
      renewal: { askedAt: now, tries: lease.renewal.tries + 1, problem: null },
    }));
  }

  async failed(topic: string, problem: string): Promise<void> {
    await this.#change(topic, (lease) => ({ ...lease, renewal: { ...lease.renewal, problem } }));
  }

  async #change(topic: string, change: (lease: Lease) => Lease): Promise<void> {
    for (let tries = 0; tries < COLLISIONS; tries += 1) {
      const before = await this.#documents.getDocument(PREFIX + topic);
      const after = JSON.stringify(change(read(topic, before) ?? unknown(topic)));
      if (await this.#documents.replaceDocument(PREFIX + topic, before, after)) return;
    }
  }
}

function unknown(topic: string): Lease {
  return {
    topic,
    state: 'asked',
    confirmedAt: null,
    endsAt: null,
    renewal: { askedAt: null, tries: 0, problem: null },
  };
}

function read(topic: string, text: string | null): Lease | null {
  return text === null ? null : { ...(JSON.parse(text) as Lease), topic };
}

/** The `hub.lease_seconds` of a hub's question; null where there is none, or no number that a lease can have. */
export function leaseSecondsOf(text: string | undefined): number | null {
  if (text === undefined || !/^[1-9]\d{0,9}$/.test(text)) return null;
  const seconds = Number(text);
  return seconds > MAX_SECONDS ? null : seconds;
}
