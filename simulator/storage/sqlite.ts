import { type Inbox, InboxUnavailableError } from '../../src/inbox/inbox.ts';
import { migrate } from '../../src/inbox/sqlite/schema.ts';
import { inboxOf, type StoreCalls } from '../../src/inbox/sqlite/sqlite-inbox.ts';
import { storesOn } from '../../src/inbox/sqlite/store.ts';
import type { Process } from '../time/scheduler.ts';
import { Disk } from './disk.ts';
import { EVENTS, GRACE_MS, type KeptEvent, type Later, type Storage } from './storage.ts';

export interface SqlitePorts {
  later: Later;
  note(process: Process, what: string, ...details: unknown[]): void;
  /** Whether a call fails, and was committed anyway; null where nothing is wrong. */
  fails?(): { committed: boolean } | null;
  /** Whether what is found by an index is there at once; else it is made a little later, as in the inbox's own thread. */
  indexesAtOnce?: boolean;
}

/** Milliseconds after a commit until what it brought is indexed. */
const INDEX_AFTER_MS = 1000;

/** The inbox of a process on a disk: its stores as they are, called as from another thread. */
export function sqliteInbox(disk: Disk, process: Process, ports: SqlitePorts): Inbox {
  const { later, note, fails, indexesAtOnce = false } = ports;
  const opened = storesOn(disk, () => {});
  const stores: Record<string, unknown> = { ...opened, logBytes: () => null };
  let planned = false;
  let closed = false;
  const index = () => {
    if (opened.unindexed() === 0 || planned) return;
    if (indexesAtOnce) {
      opened.indexAll();
      return;
    }
    planned = true;
    setTimeout(() => {
      planned = false;
      opened.indexAll();
    }, INDEX_AFTER_MS);
  };
  const call: StoreCalls['call'] = (method, ...args) =>
    new Promise((resolve, reject) => {
      if (closed) throw new InboxUnavailableError('the inbox is closed');
      // What crosses to another thread is a copy.
      const given = structuredClone(args);
      later(process, () => {
        const failure = fails?.() ?? null;
        const refuse = (reason: string) => later(process, () => reject(new InboxUnavailableError(reason)));
        if (failure?.committed === false) return refuse('the inbox does not answer');
        try {
          const result = (stores[method] as (...values: unknown[]) => never)(...given);
          note(process, `inbox.${method}`, given, result);
          index();
          if (failure) refuse('the inbox does not answer');
          else later(process, () => resolve(structuredClone(result)));
        } catch (error) {
          const reason = error instanceof Error ? error.message : String(error);
          note(process, `inbox.${method}`, given, `failed: ${reason}`);
          refuse(reason);
        }
      });
    });
  const close = async () => {
    closed = true;
  };
  return inboxOf({ call, close }, { interruptedGraceMs: GRACE_MS });
}

/** The inbox of one bridge, on a disk that outlives it. */
export class SqliteStorage implements Storage {
  readonly #disk: Disk;
  readonly #ports: SqlitePorts;

  /** @param lazy whether commits are on the disk only after the next `flush` */
  constructor(ports: SqlitePorts, lazy: boolean) {
    this.#disk = Disk.empty('sqlite', (db) => migrate(db), lazy);
    this.#ports = ports;
  }

  async open(process: Process): Promise<Inbox> {
    const stores = storesOn(this.#disk, () => {});
    stores.recover(Date.now(), GRACE_MS);
    stores.indexAll();
    return sqliteInbox(this.#disk, process, this.#ports);
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
}
