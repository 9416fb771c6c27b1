import { randomBytes } from 'node:crypto';
import type { Inbox } from '../inbox/inbox.ts';
import { isSamePlan, ScreeningError, type ScreeningPlan } from './plan.ts';
import { NO_COUNTS, type ScreeningCounts } from './result.ts';

/**
 * `running`: under way, or to be taken up (also after a kill). `done`. `cancelled`: somebody stopped it; `failed`: see
 * `problem`. The last two can be continued.
 */
export type ScreeningState = 'running' | 'done' | 'cancelled' | 'failed';

/** A screening and how far it is: a small document of the inbox. No personal data. */
export interface Screening {
  id: string;
  plan: ScreeningPlan;
  /** Who runs it: the serving bridge continues by itself after a restart, a command when it is given again. */
  by: 'bridge' | 'command';
  /** The run that is at work on it; another one has taken over where it is not one's own. */
  run: string;
  state: ScreeningState;
  /** Somebody asked it to stop. */
  cancel: boolean;
  /** Milliseconds since the epoch. */
  createdAt: number;
  updatedAt: number;
  /** When its last answer was kept; null before. */
  finishedAt: number | null;
  /** Registrants; null until they are all counted. */
  people: number | null;
  /** Documents with their answers; null until the registrants are all counted. */
  chunks: number | null;
  chunkSize: number;
  /** The first chunk that is not finished. */
  next: number;
  /** Of the finished chunks. */
  counts: ScreeningCounts;
  /** Requests to the registry so far, those that failed included; what the client repeats by itself counts once. */
  requests: number;
  /** Why it failed, or waits to try again; null where it does not. */
  problem: string | null;
  /** When the serving bridge tries again; null where it need not wait. */
  retryAt: number | null;
}

export type Documents = Pick<Inbox, 'getDocument' | 'putDocument' | 'listDocuments' | 'replaceDocument'>;

const PREFIX = 'screening ';
/** So often a change is made again that met another one. */
const COLLISIONS = 20;

/** The screenings that the inbox keeps. Every change is made to what was read, so that none overwrites another's. */
export class Screenings {
  readonly #documents: Documents;

  constructor(documents: Documents) {
    this.#documents = documents;
  }

  /** All of them, the latest first. */
  async list(): Promise<Screening[]> {
    const texts = await this.#documents.listDocuments(PREFIX);
    return [...texts.values()]
      .map((text) => JSON.parse(text) as Screening)
      .sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? -1 : 1));
  }

  /** One of them; null where there is none of this id. */
  async find(id: string): Promise<Screening | null> {
    const text = await this.#documents.getDocument(PREFIX + id);
    return text === null ? null : (JSON.parse(text) as Screening);
  }

  /** @throws {ScreeningError} `screening.unknown` */
  async get(id: string): Promise<Screening> {
    return (await this.find(id)) ?? unknown();
  }

  /** The latest screening of this plan. */
  async latestOf(plan: ScreeningPlan): Promise<Screening | null> {
    return (await this.list()).find((one) => isSamePlan(one.plan, plan)) ?? null;
  }

  /** @param now milliseconds since the epoch */
  async create(
    plan: ScreeningPlan,
    how: Pick<Screening, 'by' | 'chunkSize'>,
    now: number,
  ): Promise<Screening> {
    for (;;) {
      const screening: Screening = {
        id: randomBytes(5).toString('hex'),
        plan,
        ...how,
        run: '',
        state: 'running',
        cancel: false,
        createdAt: now,
        updatedAt: now,
        finishedAt: null,
        people: null,
        chunks: null,
        next: 0,
        counts: NO_COUNTS,
        requests: 0,
        problem: null,
        retryAt: null,
      };
      const isNew = await this.#documents.replaceDocument(
        PREFIX + screening.id,
        null,
        JSON.stringify(screening),
      );
      if (isNew) return screening;
    }
  }

  /**
   * Changes a screening.
   *
   * @param change may be called again where somebody else changed it meanwhile; what it throws is thrown
   * @throws {ScreeningError} `screening.unknown`
   */
  async change(id: string, change: (now: Screening) => Screening): Promise<Screening> {
    for (let tries = 0; tries < COLLISIONS; tries++) {
      const before = await this.#documents.getDocument(PREFIX + id);
      if (before === null) return unknown();
      const after = change(JSON.parse(before) as Screening);
      const text = JSON.stringify(after);
      if (text === before || (await this.#documents.replaceDocument(PREFIX + id, before, text))) return after;
    }
    throw new Error('a screening changes faster than it can be written');
  }

  /** Asks the run at work to stop; one without a run ends at its next start. */
  async cancel(id: string, now: number): Promise<Screening> {
    return this.change(id, (one) =>
      one.state === 'running' ? { ...one, cancel: true, updatedAt: now } : one,
    );
  }

  /**
   * Has a screening continued that was cancelled or failed.
   *
   * @throws {ScreeningError} `screening.state` where it is done or under way
   */
  async resume(id: string, now: number): Promise<Screening> {
    return this.change(id, (one) => {
      if (one.state === 'running' || one.state === 'done') {
        throw new ScreeningError(
          'screening.state',
          `it is ${one.state}; only a cancelled or failed one resumes`,
        );
      }
      return { ...one, state: 'running', cancel: false, problem: null, retryAt: null, updatedAt: now };
    });
  }

  /** Deletes the document; its chunks must be gone by then. */
  async forget(id: string): Promise<void> {
    const text = await this.#documents.getDocument(PREFIX + id);
    if (text !== null) await this.#documents.replaceDocument(PREFIX + id, text, null);
  }
}

function unknown(): never {
  throw new ScreeningError('screening.unknown', 'there is no screening of this id; it may be deleted by now');
}
