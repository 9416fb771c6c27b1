import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Inbox } from '../inbox/inbox.ts';
import { OdooError } from '../odoo/errors.ts';
import type { KeySets, SenderKeys } from '../registry-keys/key-sets.ts';
import { readKeptRows, rowsDocument } from './kept-rows.ts';
import { NO_LIMITS, type SenderLimits } from './limits.ts';
import { type SenderView, viewOf } from './sender-view.ts';
import { TokenBucket } from './token-bucket.ts';
import { type SenderRow, type SenderRules, type TrustedSender, trustedSender } from './trusted-sender.ts';

export interface SenderDirectorySettings {
  /** Which OpenSPP they are of: whom one trusts, another may not know. */
  openspp: string;
  /** Milliseconds between two readings of OpenSPP's registry. */
  refreshMs: number;
  /** Milliseconds after a reading before an unknown sender causes another one. */
  unknownCooldownMs: number;
  /** Other `sender_id`s that senders may use: the alias, and whose it is. None where left out. */
  aliases?: ReadonlyMap<string, string>;
  /** What senders may do, by `sender_id`; those not in it have no limits. */
  limits?: ReadonlyMap<string, SenderLimits>;
}

export interface SenderDirectoryDependencies {
  documents: Pick<Inbox, 'getDocument' | 'putDocument'>;
  /** Reads OpenSPP's registry. */
  readRows(): Promise<SenderRow[]>;
  log: Logger;
  /** Fetches keys; without it, no JWKS URL is asked. */
  keySets?: KeySets | null;
  /** Of an inbox that others share: one of them reads OpenSPP's registry, the others read what it has kept. */
  schedule?: Inbox['schedule'] | null;
}

/** A sender as it was last put together, and from what. */
interface Entry {
  row: SenderRow;
  rules: SenderRules;
  fetched: SenderKeys | null;
  sender: TrustedSender;
}

/** A sender, and when its keys were fetched: milliseconds since the epoch, null where they never were. */
export interface ListedSender {
  sender: TrustedSender;
  fetchedAt: number | null;
}

/** Who is known by a name, for connectors whose senders prove themselves by a secret, registered or not. */
export type NamedSenders = Pick<SenderDirectory, 'find'> & Partial<Pick<SenderDirectory, 'rulesOf'>>;

/** How long the first start waits for the registry. */
const FIRST_READING_MS = 5000;

/**
 * Who is trusted. Read from OpenSPP in the background, kept in the inbox, and looked up in memory: nothing between the
 * socket and the commit waits for Odoo, and a restart while Odoo is down still verifies.
 */
export class SenderDirectory {
  readonly #settings: SenderDirectorySettings;
  readonly #documents: Pick<Inbox, 'getDocument' | 'putDocument'>;
  readonly #schedule: Inbox['schedule'] | null;
  readonly #readRows: () => Promise<SenderRow[]>;
  readonly #log: Logger;
  readonly #keySets: KeySets | null;
  readonly #document: string;
  /** Kept while rows are read again: a change in OpenSPP fills no bucket. */
  readonly #rates = new Map<string, TokenBucket>();
  #senders: ReadonlyMap<string, Entry> | null = null;
  #keptText: string | null = null;
  #refreshing: Promise<void> | null = null;
  #askedAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | null = null;
  #stopSchedule: () => Promise<void> = async () => {};
  /** When this process last read the registry for all that share the inbox. */
  #ledAt = Number.NEGATIVE_INFINITY;

  constructor(settings: SenderDirectorySettings, deps: SenderDirectoryDependencies) {
    this.#settings = settings;
    this.#document = rowsDocument(settings.openspp);
    this.#documents = deps.documents;
    this.#readRows = deps.readRows;
    this.#log = deps.log;
    this.#keySets = deps.keySets ?? null;
    this.#schedule = deps.schedule ?? null;
  }

  /** How many senders are known; null before the registry was read for the first time, on this machine. */
  get size(): number | null {
    return this.#senders?.size ?? null;
  }

  /** All senders that are known, with the keys that were fetched for them; null before the first reading. */
  all(): readonly { sender: TrustedSender; fetched: SenderKeys | null }[] | null {
    if (!this.#senders) return null;
    return [...this.#senders.values()].map((entry) => ({
      sender: this.#current(entry),
      fetched: entry.fetched,
    }));
  }

  /** Takes up what was kept, reads OpenSPP's registry, and goes on reading it in the background. */
  async start(): Promise<void> {
    await this.#keySets?.load();
    const text = await this.#documents.getDocument(this.#document);
    if (text !== null) {
      this.#use(readKeptRows(text));
      this.#keptText = text;
    }
    this.#keySets?.start();
    const first = this.refresh();
    // With kept keys the start need not wait. Without, no message can be verified before; but health must answer.
    if (text === null) await Promise.race([first, wait(FIRST_READING_MS, undefined, { ref: false })]);
    const { refreshMs } = this.#settings;
    const schedule = this.#schedule;
    if (schedule) {
      const lead = async () => {
        this.#ledAt = performance.now();
        await this.refresh();
      };
      this.#stopSchedule = await schedule('senders', refreshMs, lead, () => {});
    }
    this.#timer = setInterval(() => void (schedule ? this.#takeUp() : this.refresh()), refreshMs);
    this.#timer.unref();
  }

  /** Whether it is for this process to fetch keys that are due. */
  leads(): boolean {
    if (!this.#schedule) return true;
    return performance.now() - this.#ledAt <= 2 * this.#settings.refreshMs;
  }

  /** Uses what another process has read and kept. Where the inbox does not answer, what is known stays. */
  async #takeUp(): Promise<void> {
    try {
      await this.#keySets?.adopt();
      const text = await this.#documents.getDocument(this.#document);
      if (text === null || text === this.#keptText) return;
      this.#use(readKeptRows(text));
      this.#keptText = text;
    } catch (error) {
      this.#log.warn(
        { reason: (error as Error).name },
        'the kept senders cannot be read; those known stay in force',
      );
    }
  }

  stop(): void {
    if (this.#timer) clearInterval(this.#timer);
    void this.#stopSchedule();
    this.#keySets?.stop();
  }

  /**
   * The sender with this `sender_id`, exactly, or else the one that may use it as an alias; undefined where none is
   * active. A name that is registered is never anybody's alias.
   */
  find(senderId: string): TrustedSender | undefined {
    const alias = this.#settings.aliases?.get(senderId);
    const entry = this.#senders?.get(senderId) ?? this.#senders?.get(alias ?? '');
    return entry && this.#current(entry);
  }

  /** What the settings say of a name, registered or not: a connector's own proof makes a sender of it as well. */
  rulesOf(senderId: string): SenderRules {
    const limits = this.#settings.limits?.get(senderId) ?? NO_LIMITS;
    return { limits, rate: this.#rateOf(senderId, limits) };
  }

  /** All of them as they are now, with when the keys behind their JWKS URLs were last fetched; by `sender_id`. */
  list(): ListedSender[] {
    const entries = [...(this.#senders?.values() ?? [])];
    return entries
      .map((entry) => ({
        sender: this.#current(entry),
        fetchedAt: this.#keySets?.of(entry.row.senderId)?.state.fetchedAt ?? null,
      }))
      .sort((a, b) => (a.sender.senderId < b.sender.senderId ? -1 : 1));
  }

  /** All names of a sender: as it is registered, and its aliases. */
  namesOf(senderId: string): string[] {
    const aliases = [...(this.#settings.aliases ?? [])].filter(([, owner]) => owner === senderId);
    return [senderId, ...aliases.map(([alias]) => alias)];
  }

  /**
   * Fetches the keys of a sender because one of its messages names a key that is not known; at most once in the
   * cool-down.
   *
   * @param senderId as registered
   * @param kid as the message names it; an empty text where it names none
   * @returns whether it is worth looking again
   * @throws {KeysPendingError} where it was not looked for this kid yet, or could not be
   */
  async fetchForUnknownKey(senderId: string, kid: string): Promise<boolean> {
    return (await this.#keySets?.fetchForUnknown(senderId, kid)) ?? false;
  }

  /** Reads the registry soon, because somebody who is not in it sent a message; at most once in the cool-down. */
  refreshForUnknown(): void {
    if (Date.now() - this.#askedAt >= this.#settings.unknownCooldownMs) void this.refresh();
  }

  /** Reads the registry now. Where Odoo does not answer, what is known stays; never rejects. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  /**
   * All of them, for operators; null before the registry was read for the first time, on this machine.
   *
   * @param graceMs how long a key that left its set goes on
   */
  views(graceMs: number): SenderView[] | null {
    if (!this.#senders) return null;
    const { aliases = new Map<string, string>() } = this.#settings;
    return [...this.#senders.values()]
      .map((entry) => {
        const { senderId } = entry.row;
        const names = [...aliases].filter(([, one]) => one === senderId).map(([alias]) => alias);
        const state = this.#keySets?.of(senderId)?.state ?? null;
        return viewOf(this.#current(entry), names, state, graceMs);
      })
      .sort((a, b) => (a.senderId < b.senderId ? -1 : 1));
  }

  async #refresh(): Promise<void> {
    this.#askedAt = Date.now();
    try {
      const rows = await this.#readRows();
      // An inbox that does not answer must not keep the rows from being used.
      await this.#keySets?.adopt().catch(() => {});
      const text = JSON.stringify(rows);
      if (text === this.#keptText) return;
      this.#use(rows);
      await this.#documents.putDocument(this.#document, text);
      this.#keptText = text;
    } catch (error) {
      const code = error instanceof OdooError ? error.code : (error as { code?: string }).code;
      this.#log.warn(
        { code, known: this.size },
        'the CRVS senders could not be read; those known stay in force',
      );
    }
  }

  #use(rows: readonly SenderRow[]): void {
    this.#keySets?.follow(
      rows.flatMap(({ senderId, jwksUrl: url }) => (url === null ? [] : [{ senderId, url }])),
    );
    const entries = rows.map((row) => this.#entryOf(row));
    this.#senders = new Map(entries.map((entry) => [entry.row.senderId, entry]));
    this.#log.info({ senders: entries.length }, 'CRVS senders in force');
    for (const { sender, row } of entries) {
      // Keys that are about to be fetched have log lines of their own.
      if (sender.problem !== null && row.jwksUrl === null)
        this.#log.warn(
          { sender: sender.senderId, problem: sender.problem },
          'messages of this sender cannot be verified',
        );
    }
  }

  #entryOf(row: SenderRow): Entry {
    const rules = this.rulesOf(row.senderId);
    const fetched = this.#keySets?.of(row.senderId) ?? null;
    return { row, rules, fetched, sender: trustedSender(row, fetched, rules) };
  }

  /** Creates the sender again where its fetched keys have changed, or one of them went out of force. */
  #current(entry: Entry): TrustedSender {
    const fetched = this.#keySets?.of(entry.row.senderId) ?? null;
    if (fetched !== entry.fetched) {
      entry.fetched = fetched;
      entry.sender = trustedSender(entry.row, fetched, entry.rules);
    }
    return entry.sender;
  }

  #rateOf(senderId: string, { ratePerMinute }: SenderLimits): TokenBucket | null {
    if (ratePerMinute === null) return null;
    const bucket = this.#rates.get(senderId) ?? new TokenBucket(ratePerMinute);
    this.#rates.set(senderId, bucket);
    return bucket;
  }
}
