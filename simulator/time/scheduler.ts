/** A process of the simulation: a replica of the bridge. What it planned dies with it. */
export interface Process {
  name: string;
  dead: boolean;
  /** Simulated milliseconds until which it does nothing: stopped by its host, or out of memory. */
  frozenUntil: number;
  /** How far its wall clock is from the right time, in milliseconds. */
  skewMs: number;
}

/** Something that happens at a time. */
export interface Planned {
  cancel(): void;
}

interface Entry {
  at: number;
  order: number;
  owner: Process | null;
  run: (() => void) | null;
}

const realImmediate = setImmediate;

/** Lets everything run that can without time passing. */
function turn(): Promise<void> {
  return new Promise((resolve) => realImmediate(resolve));
}

/**
 * Simulated time. Everything that waits is an entry here, and time jumps from one to the next. Entries at the same moment
 * run in the order in which they were planned, so the same plan always runs in the same order.
 */
export class Scheduler {
  /** Milliseconds since the simulation began; never set back. */
  now = 0;
  /** Milliseconds since the epoch at which it begins. */
  readonly epoch: number;
  readonly #heap: Entry[] = [];
  #order = 0;
  #process: Process | null = null;

  constructor(epoch: number) {
    this.epoch = epoch;
  }

  /** The process whose code runs now; null outside of all. */
  get process(): Process | null {
    return this.#process;
  }

  /** What the wall clock of the process shows that runs now. */
  get wallClock(): number {
    return Math.floor(this.epoch + this.now) + (this.process?.skewMs ?? 0);
  }

  /** Plans something for the process that runs now, which dies with it. */
  plan(inMs: number, run: () => void): Planned {
    return this.planFor(this.process, inMs, run);
  }

  /** @param owner null for what no death ends */
  planFor(owner: Process | null, inMs: number, run: () => void): Planned {
    this.#order += 1;
    const entry: Entry = { at: this.now + Math.max(0, inMs), order: this.#order, owner, run };
    this.#push(entry);
    return {
      cancel() {
        entry.run = null;
      },
    };
  }

  /** Runs what is planned up to a time, and is at that time then. */
  async runUntil(end: number): Promise<void> {
    for (;;) {
      const next = this.#heap[0];
      if (!next || next.at > end) break;
      this.#pop();
      const { run, owner } = next;
      if (run === null || owner?.dead) continue;
      if (owner && owner.frozenUntil > next.at) {
        this.#push({ ...next, at: owner.frozenUntil });
        next.run = null;
        continue;
      }
      this.now = next.at;
      next.run = null;
      // Whatever goes on until no time can but pass comes from this entry, and is its owner's.
      this.#process = owner;
      run();
      await turn();
      this.#process = null;
    }
    this.now = Math.max(this.now, end);
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(entry, heap[parent] as Entry)) break;
      heap[at] = heap[parent] as Entry;
      at = parent;
    }
    heap[at] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as Entry;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Entry, heap[child] as Entry)) child += 1;
      if (!isBefore(heap[child] as Entry, last)) break;
      heap[at] = heap[child] as Entry;
      at = child;
    }
    heap[at] = last;
  }
}

function isBefore(one: Entry, other: Entry): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}
