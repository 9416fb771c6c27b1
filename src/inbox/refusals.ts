import { InboxUnavailableError } from './unavailable.ts';

/**
 * A message, or a request, that the bridge did not take. No personal data: never a name, an identifier or a value of the
 * message.
 */
export interface Refusal {
  /** Milliseconds since the epoch. */
  at: number;
  /** What it came through: `dci`, `opencrvs-v1`, … */
  connector: string;
  /** The path of the route that answered; null where that is not known. */
  route?: string | null;
  /** Null where the sender is not known. */
  senderId: string | null;
  /** DCI's code of the error, or the bridge's own. */
  code: string;
  /** The HTTP status of the answer; null where there was none. */
  status?: number | null;
  /** A sentence, or a code. */
  reason: string;
  /** The field at fault; null where it is not one field. */
  field: string | null;
  correlationId: string;
}

export interface KeptRefusal extends Required<Refusal> {
  id: number;
}

export interface RefusalFilter {
  connector?: string | undefined;
  senderId?: string | undefined;
  code?: string | undefined;
  reason?: string | undefined;
  /** Only refusals with an id below this one: the page after it, newest first. */
  before?: number | undefined;
  /** Fifty where it is left out. */
  limit?: number | undefined;
}

/** Refusals of one sender for one reason. */
export interface RefusalCount extends Pick<Required<Refusal>, 'senderId' | 'connector' | 'code' | 'reason'> {
  count: number;
  /** When the last one came, milliseconds since the epoch. */
  lastAt: number;
}

/**
 * What the bridge did not take. A record for operators, which may lose its last second in a crash, but for what is kept
 * with a message (`NewMessage.refusals`).
 */
export interface Refusals {
  /**
   * Keeps refusals. Resolves as soon as they are taken down in memory: they are written together, at most once a second,
   * so that nobody can slow acknowledgements down with bad messages. The newest `REFUSALS_KEPT` are kept.
   */
  keepRefusals(refusals: readonly Refusal[]): Promise<void>;
  /** Those that a filter matches, newest first. */
  refusals(filter: RefusalFilter): Promise<KeptRefusal[]>;
  /** Deletes the refusals from before `before`; gives how many. */
  pruneRefusals(before: number): Promise<number>;
  /** How many refusals there are from `since` on, by sender, connector, code and reason; most first. */
  refusalCounts(since: number): Promise<RefusalCount[]>;
}

/** So many are kept: enough to see what is wrong, and never enough to fill a disk. */
export const REFUSALS_KEPT = 10_000;
/** So many wait for being written; of more in one second, the newest are kept. */
const WAITING_LIMIT = 1000;
const WRITE_EVERY_MS = 1000;
/** Characters of one text: some of them come from the sender. */
const TEXT_LIMIT = 300;

/** Collects refusals and writes them together, apart from everything else. */
export class RefusalWriter {
  readonly #write: (refusals: Required<Refusal>[]) => Promise<void>;
  #waiting: Required<Refusal>[] = [];
  #writing: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  /** @param write writes them in one transaction, and deletes all but the newest `REFUSALS_KEPT` */
  constructor(write: (refusals: Required<Refusal>[]) => Promise<void>) {
    this.#write = write;
  }

  /** See `Refusals.keepRefusals`. */
  async keep(refusals: readonly Refusal[]): Promise<void> {
    if (this.#closed) throw new InboxUnavailableError('the inbox is closed');
    for (const refusal of refusals) this.#waiting.push(shortened(refusal));
    if (this.#waiting.length > WAITING_LIMIT) this.#waiting = this.#waiting.slice(-WAITING_LIMIT);
    if (this.#timer !== undefined || this.#waiting.length === 0) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      // What cannot be written now is tried with the next ones.
      this.flush().catch(() => {});
    }, WRITE_EVERY_MS);
    this.#timer.unref();
  }

  /** Writes what waits, so that the next reader sees it. Rejects where it cannot be written; it waits on then. */
  flush(): Promise<void> {
    const written = this.#writing.then(async () => {
      const refusals = this.#waiting;
      if (refusals.length === 0) return;
      this.#waiting = [];
      try {
        await this.#write(refusals);
      } catch (error) {
        this.#waiting = [...refusals, ...this.#waiting].slice(-WAITING_LIMIT);
        throw error;
      }
    });
    this.#writing = written.catch(() => {});
    return written;
  }

  /** Writes what waits, where that works, and takes nothing more. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.flush().catch(() => {});
  }
}

/** A refusal as it is kept: all of its members, and none too long. */
export function shortened({ route = null, status = null, ...refusal }: Refusal): Required<Refusal> {
  const short = <T extends string | null>(text: T) => (text === null ? text : text.slice(0, TEXT_LIMIT)) as T;
  return {
    at: refusal.at,
    connector: short(refusal.connector),
    route: short(route),
    senderId: short(refusal.senderId),
    code: short(refusal.code),
    status,
    reason: short(refusal.reason),
    field: short(refusal.field),
    correlationId: short(refusal.correlationId),
  };
}
