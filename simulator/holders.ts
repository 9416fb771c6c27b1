import type { Inbox } from '../src/inbox/inbox.ts';
import type { Process, Scheduler } from './time/scheduler.ts';

interface Holder {
  process: Process;
  inbox: Inbox;
  /** Until when Odoo may still be working on it, by the scheduler; 0 where nothing says so. */
  keptUntil: number;
}

/** Watches who holds which registrants and rows, over all bridges. */
export class Holders {
  /** Keys that were given to two at the same time. */
  readonly twice: string[] = [];
  readonly #holders = new Map<string, Holder>();
  readonly #scheduler: Scheduler;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  /** The same inbox, whose holds are watched. */
  watched(process: Process, inbox: Inbox): Inbox {
    return {
      ...inbox,
      hold: async (keys) => {
        const got = await inbox.hold(keys);
        for (const key of got) this.#held(key, { process, inbox, keptUntil: 0 });
        return got;
      },
      free: (keys, afterMs = 0) => {
        for (const key of keys) {
          const holder = this.#holders.get(key);
          if (holder?.process !== process) continue;
          // Without its lease, it keeps nothing from others.
          if (afterMs > 0 && !inbox.lease().aborted) holder.keptUntil = this.#scheduler.now + afterMs;
          else this.#holders.delete(key);
        }
        return inbox.free(keys, afterMs);
      },
    };
  }

  #held(key: string, holder: Holder): void {
    const other = this.#holders.get(key);
    if (other && this.#isAtWork(other))
      this.twice.push(`${key}: ${other.process.name} and ${holder.process.name}`);
    this.#holders.set(key, holder);
  }

  /**
   * Whether it, or Odoo for it, may still write: one that is paused finds out that its lease is over before it goes on.
   */
  #isAtWork({ process, inbox, keptUntil }: Holder): boolean {
    if (keptUntil > 0) return keptUntil > this.#scheduler.now;
    return !process.dead && process.frozenUntil <= this.#scheduler.now && !inbox.lease().aborted;
  }
}
