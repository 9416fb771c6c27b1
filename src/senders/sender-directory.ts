import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from 'pino';
import * as z from 'zod';
import type { Inbox } from '../inbox/inbox.ts';
import { OdooError } from '../odoo/errors.ts';
import { type SenderRow, type TrustedSender, trustedSender } from './trusted-sender.ts';

export interface SenderDirectorySettings {
  /** Which OpenSPP they are of: whom one trusts, another may not know. */
  openspp: string;
  /** Milliseconds between two readings of OpenSPP's registry. */
  refreshMs: number;
  /** Milliseconds after a reading before an unknown sender causes another one. */
  unknownCooldownMs: number;
}

/** How long the first start waits for the registry. */
const FIRST_READING_MS = 5000;
const kept = z.array(
  z.object({
    senderId: z.string(),
    name: z.string(),
    algorithm: z.string().nullable(),
    publicKey: z.string().nullable(),
  }),
);

/**
 * Who is trusted. Read from OpenSPP in the background, kept in the inbox, and looked up in memory: nothing between the
 * socket and the commit waits for Odoo, and a restart while Odoo is down still verifies.
 */
export class SenderDirectory {
  readonly #settings: SenderDirectorySettings;
  readonly #documents: Pick<Inbox, 'getDocument' | 'putDocument'>;
  readonly #readRows: () => Promise<SenderRow[]>;
  readonly #log: Logger;
  readonly #document: string;
  #senders: ReadonlyMap<string, TrustedSender> | null = null;
  #keptText: string | null = null;
  #refreshing: Promise<void> | null = null;
  #askedAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | null = null;

  constructor(
    settings: SenderDirectorySettings,
    documents: Pick<Inbox, 'getDocument' | 'putDocument'>,
    readRows: () => Promise<SenderRow[]>,
    log: Logger,
  ) {
    this.#settings = settings;
    this.#document = `senders of ${settings.openspp}`;
    this.#documents = documents;
    this.#readRows = readRows;
    this.#log = log;
  }

  /** How many senders are known; null before the registry was read for the first time, on this machine. */
  get size(): number | null {
    return this.#senders?.size ?? null;
  }

  /** Takes up what was kept, reads OpenSPP's registry, and goes on reading it in the background. */
  async start(): Promise<void> {
    const text = await this.#documents.getDocument(this.#document);
    if (text !== null) {
      this.#use(kept.parse(JSON.parse(text)));
      this.#keptText = text;
    }
    const first = this.refresh();
    // With keys at hand the start need not wait. Without, no message can be verified before; but health must be told.
    if (text === null) await Promise.race([first, wait(FIRST_READING_MS, undefined, { ref: false })]);
    this.#timer = setInterval(() => void this.refresh(), this.#settings.refreshMs);
    this.#timer.unref();
  }

  stop(): void {
    if (this.#timer) clearInterval(this.#timer);
  }

  /** The sender with this `sender_id`, exactly; undefined where none is active. */
  find(senderId: string): TrustedSender | undefined {
    return this.#senders?.get(senderId);
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

  async #refresh(): Promise<void> {
    this.#askedAt = Date.now();
    try {
      const rows = await this.#readRows();
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
    const senders = rows.map(trustedSender);
    this.#senders = new Map(senders.map((sender) => [sender.senderId, sender]));
    this.#log.info({ senders: senders.length }, 'CRVS senders in force');
    for (const { senderId, problem } of senders) {
      if (problem !== null)
        this.#log.warn({ sender: senderId, problem }, 'messages of this sender cannot be verified');
    }
  }
}
