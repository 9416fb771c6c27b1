import type { Inbox } from '../../src/inbox/inbox.ts';
import { migrate } from '../../src/inbox/sqlite/schema.ts';
import { inboxOf, type StoreCalls } from '../../src/inbox/sqlite/sqlite-inbox.ts';
import { type SqliteStore, storesOn } from '../../src/inbox/sqlite/store.ts';
import { InboxUnavailableError } from '../../src/inbox/unavailable.ts';
import type { Random } from '../random.ts';
import type { Process, Scheduler } from '../time/scheduler.ts';
import type { Trace } from '../trace.ts';
import { Disk } from './disk.ts';
import { GRACE_MS, type KeptEvent, type Storage } from './storage.ts';

/** The longest that a commit takes. */
const COMMIT_MS = 4;

const EVENTS = `
  SELECT e.id, m.sender_id AS senderId, m.message_id AS messageId, e.position, e.type, e.date, e.state, e.outcome,
         e.attempts, e.failures, e.reason, e.odoo_event_id AS odooEventId, e.error_message AS errorMessage,
         e.match_at AS matchAt
  FROM events e JOIN messages m ON m.id = e.message ORDER BY e.id`;

/** The stores of the SQLite inbox on a disk in memory; one process serves them at a time. */
export class SqliteStorage implements Storage {
  readonly #disk: Disk;
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #trace: Trace;

  constructor(scheduler: Scheduler, random: Random, trace: Trace, lazy: boolean) {
    this.#disk = Disk.empty('sqlite', (db) => migrate(db), lazy);
    this.#scheduler = scheduler;
    this.#random = random;
    this.#trace = trace;
  }

  async open(process: Process): Promise<Inbox> {
    const stores: Record<string, unknown> = { ...storesOn(this.#disk, () => {}), logBytes: () => null };
    (stores as unknown as SqliteStore).recover(this.#scheduler.wallClock, GRACE_MS);
    const call: StoreCalls['call'] = (method, ...args) =>
      new Promise((resolve, reject) => {
        // What crosses to another thread is a copy.
        const given = structuredClone(args);
        this.#later(process, () => {
          let answer: () => void;
          try {
            const result = (stores[method] as (...values: unknown[]) => never)(...given);
            this.#trace.note(process, `inbox.${method}`, given, result);
            answer = () => resolve(structuredClone(result));
          } catch (error) {
            this.#trace.note(process, `inbox.${method}`, given, `failed: ${messageOf(error)}`);
            answer = () => reject(new InboxUnavailableError(messageOf(error)));
          }
          this.#later(process, answer);
        });
      });
    return inboxOf({ call, close: async () => {} }, {});
  }

  events(): KeptEvent[] {
    return this.#disk.all(EVENTS);
  }

  setFull(isFull: boolean): void {
    this.#disk.full = isFull;
  }

  powerCut(): void {
    this.#disk.crash();
  }

  flush(): void {
    this.#disk.flush();
  }

  /** The calls of a process are done one after the other, in their order. */
  #later(process: Process, run: () => void): void {
    const free = Math.max(this.#free.get(process) ?? 0, this.#scheduler.now);
    const at = free + this.#random.fraction() * COMMIT_MS;
    this.#free.set(process, at);
    this.#scheduler.planFor(process, at - this.#scheduler.now, run);
  }

  readonly #free = new Map<Process, number>();
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
