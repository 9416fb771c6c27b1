import { createHash } from 'node:crypto';
import type { Process, Scheduler } from './time/scheduler.ts';

/** One thing that happened. */
export interface TraceLine {
  /** Simulated milliseconds since the beginning. */
  at: number;
  who: string;
  what: string;
  /** Arguments and result, as JSON. */
  details: string;
}

/** All that happened, in its order, and a hash of it: two runs of one plan must have the same. */
export class Trace {
  readonly #scheduler: Scheduler;
  readonly #hash = createHash('sha256');
  readonly #kept: TraceLine[] | null;

  /** @param keeps whether the lines are kept for a story, or go into the hash only */
  constructor(scheduler: Scheduler, keeps: boolean) {
    this.#scheduler = scheduler;
    this.#kept = keeps ? [] : null;
  }

  note(who: Pick<Process, 'name'> | string, what: string, ...details: unknown[]): void {
    const line: TraceLine = {
      at: this.#scheduler.now,
      who: typeof who === 'string' ? who : who.name,
      what,
      details: details.map((one) => JSON.stringify(one, textOfMap)).join(' → '),
    };
    this.#hash.update(`${line.at} ${line.who} ${line.what} ${line.details}\n`);
    this.#kept?.push(line);
  }

  get lines(): readonly TraceLine[] {
    return this.#kept ?? [];
  }

  get hash(): string {
    return this.#hash.copy().digest('hex').slice(0, 16);
  }
}

function textOfMap(_key: string, value: unknown): unknown {
  if (value instanceof Map || value instanceof Set) return [...value];
  return value;
}
