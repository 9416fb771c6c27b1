import type { Logger } from 'pino';
import type { VerificationKey } from '../dci/keys.ts';
import type { Inbox } from '../inbox/inbox.ts';
import type { FetchedJwks } from './fetch.ts';
import { type HeldKeys, inForce, NO_KEYS, nextEnd, takeUp } from './held-keys.ts';
import { JwksError, type JwksErrorCode } from './jwks-error.ts';
import { type KeySetState, printStates, readStates } from './kept-keys.ts';

export interface KeySetsSettings {
  /** Whose senders they are: the name of an OpenSPP, or `sources`. Names the document that keeps them. */
  owner: string;
  /** Milliseconds that a key goes on verifying after it left its set. */
  graceMs: number;
  /** Milliseconds before a sender's messages with unknown kids cause another fetch of its keys. */
  cooldownMs: number;
  /** Milliseconds after a failure before the next scheduled try. */
  minimumMs: number;
}

/** A sender with the address of its keys. */
export interface KeySetSource {
  senderId: string;
  url: string;
}

export interface KeySetsDependencies {
  documents: Pick<Inbox, 'getDocument' | 'putDocument'>;
  /** Rejects with a `JwksError`. @param signal aborts when the bridge stops */
  fetch(source: KeySetSource, signal: AbortSignal): Promise<FetchedJwks>;
  /** Called after each fetch that succeeded, such as to store the keys in Odoo; nobody waits for it. */
  onFetched?(senderId: string, held: HeldKeys): Promise<void>;
  /** Called with the result of each fetch: `ok`, or the code of what failed. */
  onResult?(senderId: string, result: 'ok' | JwksErrorCode): void;
  log: Logger;
  /** Milliseconds since the epoch. */
  clock(): number;
  /** Whether it is for this process, of those that share the inbox, to fetch what is due. Default: it is. */
  leads?(): boolean;
}

/** How often it is looked whether a set is due. */
const TICK_MS = 1000;
/** Messages that may wait for one fetch. Each holds its body in memory. */
const MAX_WAITING = 100;

/** Kids of one sender that are kept as looked for; one that is not is looked for in the next fetch. */
const MAX_SOUGHT = 1000;
/** Seconds after which a message may come again that came while keys were being fetched. */
const SOON_SECONDS = 5;

/** Nobody has looked yet whether the key that a message names is there: it is to be sent again. */
export class KeysPendingError extends Error {
  override readonly name: string = 'KeysPendingError';
  /** Seconds after which it will have been looked. */
  readonly retryAfterSeconds: number;

  constructor(message: string, retryAfterSeconds: number) {
    super(message);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** So many messages wait for a sender's keys already that no more are let in. */
export class TooManyWaitingError extends KeysPendingError {
  override readonly name = 'TooManyWaitingError';
}

/** A sender's keys at a moment. The same object as long as nothing changes, so that it can be compared. */
export interface SenderKeys {
  state: KeySetState;
  /** Those that verify: of the set, or within their grace time. */
  keys: readonly VerificationKey[];
  /** When the first of them goes out of force by itself, milliseconds since the epoch. */
  until: number;
}

/**
 * The key sets of the senders with a JWKS URL: fetched at the start, when they are due, and at once for a message that
 * names an unknown key; held in memory and kept in the inbox. A fetch that fails takes no key away.
 */
export class KeySets {
  readonly #settings: KeySetsSettings;
  readonly #deps: KeySetsDependencies;
  readonly #document: string;
  readonly #states = new Map<string, KeySetState>();
  readonly #running = new Map<string, { done: Promise<void>; waiting: number }>();
  /** When a message with an unknown kid last caused a fetch, by sender. */
  readonly #forcedAt = new Map<string, number>();
  /** Senders whose keys were never fetched by this process. */
  readonly #unfetched = new Set<string>();
  /** Senders whose messages named an unknown key within the cool-down. */
  readonly #wanted = new Set<string>();
  /** Kids that the next fetch is to find, by sender. */
  readonly #sought = new Map<string, Set<string>>();
  /** Kids that the last fetch was to find, by sender: those that are not known are not there. */
  readonly #lookedFor = new Map<string, Set<string>>();
  readonly #current = new Map<string, SenderKeys>();
  readonly #stopping = new AbortController();
  #writing: Promise<void> = Promise.resolve();
  #keptText: string | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(settings: KeySetsSettings, deps: KeySetsDependencies) {
    this.#settings = settings;
    this.#deps = deps;
    this.#document = `sender keys of ${settings.owner}`;
  }

  /** Takes up what was kept. */
  async load(): Promise<void> {
    for (const state of await this.#readKept()) this.#states.set(state.senderId, state);
  }

  /** Takes up what another process, such as the command `senders fetch-keys`, has fetched and kept meanwhile. */
  async adopt(): Promise<void> {
    for (const state of await this.#readKept()) {
      const own = this.#states.get(state.senderId);
      if (own?.url === state.url && (state.fetchedAt ?? 0) > (own.fetchedAt ?? 0)) {
        this.#states.set(state.senderId, state);
      }
    }
  }

  /** What is kept, where it is not what was read or written last. */
  async #readKept(): Promise<KeySetState[]> {
    await this.#writing;
    const text = await this.#deps.documents.getDocument(this.#document);
    if (text === null || text === this.#keptText) return [];
    this.#keptText = text;
    try {
      return readStates(text);
    } catch (error) {
      // Of a later version, or damaged: all of it can be fetched again.
      this.#deps.log.warn({ reason: (error as Error).name }, 'the kept keys of the senders cannot be read');
      return [];
    }
  }

  /**
   * Sets whose keys are wanted from now on. Keys of a sender that is gone, or from an address that was replaced, are dropped:
   * an administrator who changes the address means the keys behind the new one.
   */
  follow(sources: readonly KeySetSource[]): void {
    const wanted = new Map(sources.map((source) => [source.senderId, source]));
    for (const senderId of this.#states.keys()) {
      if (!wanted.has(senderId)) this.#states.delete(senderId);
    }
    for (const { senderId, url } of sources) {
      const known = this.#states.get(senderId);
      if (known?.url === url) continue;
      const empty = { ...NO_KEYS, fetchedAt: null, problem: null, failedAt: null };
      this.#states.set(senderId, { ...empty, senderId, url, dueAt: 0 });
      this.#forcedAt.delete(senderId);
    }
    if (this.#timer) this.fetchDue();
  }

  /** Fetches all sets, in the background, and goes on fetching each when it is due. */
  start(): void {
    for (const senderId of this.#states.keys()) this.#unfetched.add(senderId);
    this.fetchDue();
    this.#timer = setInterval(() => this.fetchDue(), TICK_MS);
    this.#timer.unref();
  }

  /** Ends what is under way. */
  stop(): void {
    if (this.#timer) clearInterval(this.#timer);
    this.#stopping.abort();
  }

  /** Starts fetching the sets that are due. */
  fetchDue(): void {
    const now = this.#deps.clock();
    const leads = this.#deps.leads?.() ?? true;
    for (const { senderId, dueAt } of this.#states.values()) {
      const wanted = this.#wanted.has(senderId) && now >= this.#allowedAt(senderId);
      if (wanted) this.#forcedAt.set(senderId, now);
      if (wanted || (leads && now >= dueAt) || this.#unfetched.has(senderId)) void this.fetch(senderId);
    }
  }

  /** A sender's keys now; null for one without a JWKS URL. */
  of(senderId: string): SenderKeys | null {
    const state = this.#states.get(senderId);
    if (!state) return null;
    const now = this.#deps.clock();
    const known = this.#current.get(senderId);
    if (known?.state === state && now < known.until) return known;
    const { graceMs } = this.#settings;
    const made = { state, keys: inForce(state, now, graceMs), until: nextEnd(state, now, graceMs) };
    this.#current.set(senderId, made);
    return made;
  }

  /**
   * Fetches a sender's keys because a message names one that is not known: waits for the fetch that is under way, else
   * makes one, unless one was made for that reason within the cool-down. Then one follows when the cool-down is over,
   * and until then nobody can say that the key is not there: a forged kid must not turn a fresh key away.
   *
   * @param kid as the message names it; an empty text where it names none
   * @returns whether a fetch ended meanwhile, so that it is worth looking again
   * @throws {KeysPendingError} where it was not looked for this kid yet, or could not be
   */
  async fetchForUnknown(senderId: string, kid = ''): Promise<boolean> {
    if (!this.#states.has(senderId)) return false;
    if (!this.#running.has(senderId)) {
      const now = this.#deps.clock();
      const allowedAt = this.#allowedAt(senderId);
      if (now < allowedAt) {
        this.#wanted.add(senderId);
        this.#seek(senderId, kid);
        if (this.#lookedFor.get(senderId)?.has(kid)) return false;
        throw new KeysPendingError(
          'the keys are fetched soon',
          Math.ceil((allowedAt - now + TICK_MS) / 1000),
        );
      }
      this.#forcedAt.set(senderId, now);
      this.#seek(senderId, kid);
      void this.fetch(senderId);
    }
    const running = this.#running.get(senderId);
    if (!running) return false;
    if (running.waiting >= MAX_WAITING) {
      throw new TooManyWaitingError('the keys are being fetched', SOON_SECONDS);
    }
    running.waiting += 1;
    await running.done;
    const state = this.#states.get(senderId);
    if (this.#stopping.signal.aborted || (state && state.problem !== null)) {
      throw new KeysPendingError('the keys cannot be fetched now', SOON_SECONDS);
    }
    this.#remember(this.#lookedFor, senderId, kid);
    return true;
  }

  #seek(senderId: string, kid: string): void {
    this.#remember(this.#sought, senderId, kid);
  }

  #remember(kids: Map<string, Set<string>>, senderId: string, kid: string): void {
    const known = kids.get(senderId) ?? new Set();
    if (known.size < MAX_SOUGHT) kids.set(senderId, known.add(kid));
  }

  /** Fetches a sender's keys now, or waits for the fetch that is under way. Never rejects: `of` shows how it ended. */
  fetch(senderId: string): Promise<void> {
    const running = this.#running.get(senderId);
    if (running) return running.done;
    const done = this.#fetch(senderId).finally(() => this.#running.delete(senderId));
    this.#running.set(senderId, { done, waiting: 0 });
    return done;
  }

  /** Resolves once what was fetched so far is kept, or could not be. */
  kept(): Promise<void> {
    return this.#writing;
  }

  #allowedAt(senderId: string): number {
    return (this.#forcedAt.get(senderId) ?? Number.NEGATIVE_INFINITY) + this.#settings.cooldownMs;
  }

  async #fetch(senderId: string): Promise<void> {
    const before = this.#states.get(senderId);
    if (!before) return;
    this.#unfetched.delete(senderId);
    this.#wanted.delete(senderId);
    const sought = this.#sought.get(senderId) ?? new Set();
    this.#sought.delete(senderId);
    const source = { senderId, url: before.url };
    const answer = await this.#deps.fetch(source, this.#stopping.signal).catch(asJwksError);
    // The sender may have got another address meanwhile, or be gone: then this is not its answer.
    const state = this.#states.get(senderId);
    if (state?.url !== source.url || this.#stopping.signal.aborted) return;
    this.#deps.onResult?.(senderId, answer instanceof JwksError ? answer.code : 'ok');
    if (answer instanceof JwksError) this.#failed(state, answer);
    else this.#succeeded(state, answer);
    // Where it failed, nobody has looked.
    if (answer instanceof JwksError) this.#lookedFor.delete(senderId);
    else this.#lookedFor.set(senderId, sought);
    this.#keep();
  }

  #failed(state: KeySetState, { code, detail }: JwksError): void {
    const now = this.#deps.clock();
    const dueAt = now + this.#settings.minimumMs;
    this.#states.set(state.senderId, { ...state, problem: code, failedAt: now, dueAt });
    const held = inForce(state, now, this.#settings.graceMs).length;
    this.#deps.log.warn(
      { sender: state.senderId, reason: code, detail, held },
      'the keys of a sender could not be fetched; those held stay in force',
    );
  }

  #succeeded(state: KeySetState, { keys, refused, lifetimeMs }: FetchedJwks): void {
    const { senderId } = state;
    const now = this.#deps.clock();
    const held = takeUp(state, keys, now, this.#settings.graceMs);
    const dueAt = now + lifetimeMs;
    this.#states.set(senderId, { ...state, ...held, fetchedAt: now, dueAt, problem: null, failedAt: null });
    const counts = { keys: keys.length, leaving: held.keys.length - keys.length, unusable: refused.length };
    const level = namesOf(state) === namesOf(held) ? 'debug' : 'info';
    this.#deps.log[level]({ sender: senderId, ...counts }, 'the keys of a sender were fetched');
    this.#deps.onFetched?.(senderId, held).catch((error: Error) => {
      this.#deps.log.error({ sender: senderId, error: error.name }, 'fetched keys could not be handed on');
    });
  }

  /** One after the other, so that the last state is the one that stays. What cannot be kept is fetched again. */
  #keep(): void {
    this.#writing = this.#writing
      .then(async () => {
        const text = printStates(this.#states.values());
        await this.#deps.documents.putDocument(this.#document, text);
        this.#keptText = text;
      })
      .catch((error: Error) => {
        this.#deps.log.warn({ reason: error.name }, 'the keys of the senders could not be kept');
      });
  }
}

/** Nothing that goes wrong with one sender's address may stop the bridge. */
function asJwksError(error: Error): JwksError {
  return error instanceof JwksError ? error : new JwksError('jwks.unreachable', error.name);
}

/** What shows whether a set has changed. */
function namesOf({ keys }: HeldKeys): string {
  return keys
    .map(({ key, leftAt }) => `${key.kid} ${key.thumbprint} ${key.algorithm} ${leftAt === null}`)
    .sort()
    .join('\n');
}
