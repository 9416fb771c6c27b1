import type { Inbox } from '../src/inbox/inbox.ts';
import type { Process, Scheduler } from './time/scheduler.ts';

interface Holder {
  process: Process;
  inbox: Inbox;
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
        for (const key of got) this.#held(key, { process, inbox });
        return got;
      },
      free: (keys) => {
        for (const key of keys) if (this.#holders.get(key)?.process === process) this.#holders.delete(key);
        return inbox.free(keys);
      },
    };
  }

  #held(key: string, holder: Holder): void {
    const other = this.#holders.get(key);
    if (other && this.#isAtWork(other))
      this.twice.push(`${key}: ${other.process.name} and ${holder.process.name}`);
    this.#holders.set(key, holder);
  }

  /** Whether it may still write: one that is paused finds out that its lease is over before it goes on. */
  #isAtWork({ process, inbox }: Holder): boolean {
    return !process.dead && process.frozenUntil <= this.#scheduler.now && !inbox.lease().aborted;
  }
}
