import type { Logger } from 'pino';
import { type Inbox, InboxUnavailableError } from '../inbox/inbox.ts';
import { codeOf } from '../lib/coded-error.ts';
import { SYSTEM_TIMING, type Timing } from '../lib/timing.ts';
import type { OdooClient } from '../odoo/client.ts';
import type { Registries } from '../registries/registries.ts';
import { DEFAULT_SOURCES } from '../registries/sources.ts';
import { deleteChunks } from './chunk.ts';
import { type Estimate, estimate } from './dry-run.ts';
import { type Documents, type Screening, Screenings } from './job.ts';
import { checkedPlan, isSamePlan, ScreeningError, type ScreeningPlan } from './plan.ts';
import { type RunDependencies, type RunEnd, runScreening, type ScreeningProgress } from './run-screening.ts';
import { paceOf, runToolsFor, type ScreeningSettings, SERVICE_OF } from './run-tools.ts';

export interface ScreeningDependencies {
  inbox: Documents & Pick<Inbox, 'accept' | 'counts' | 'schedule'>;
  /** OpenSPP. */
  client: OdooClient;
  registries: Registries;
  settings: ScreeningSettings;
  timing?: Timing | undefined;
}

/** What somebody asks for. */
export type ScreeningRequest = Omit<ScreeningPlan, 'source'> & { source?: string | undefined };

/** A plan of what somebody asks for, at the service's own source where none is named. @throws {ScreeningError} */
export function planOf({ source, ...rest }: ScreeningRequest): ScreeningPlan {
  return checkedPlan({ ...rest, source: source ?? DEFAULT_SOURCES[SERVICE_OF[rest.kind]] });
}

/** What a run needs, from the parts of the bridge or of a command. */
export function runDependencies(deps: ScreeningDependencies, unattended: boolean): RunDependencies {
  const { inbox, client, timing = SYSTEM_TIMING } = deps;
  return {
    documents: inbox,
    client,
    timing,
    unattended,
    toolsFor: (plan, onRequest) => runToolsFor({ ...deps, timing }, plan, onRequest),
  };
}

/** What a screening would take. @throws {ScreeningError | RegistriesError | OdooError} */
export async function estimateOf(
  deps: ScreeningDependencies,
  plan: ScreeningPlan,
  signal: AbortSignal,
  onProgress?: (people: number) => void,
): Promise<Estimate> {
  const pace = await paceOf(deps, plan);
  return estimate(
    plan,
    pace,
    deps.settings.chunkSize,
    { ...runDependencies(deps, false), documents: deps.inbox },
    signal,
    onProgress,
  );
}

/** Screenings that one process runs at once; each has a chunk in memory. */
const AT_ONCE = 4;
const LOOK_MS = 1000;

/**
 * The screenings of the serving bridge. What is to be done is in documents of the inbox, and one of the bridges that
 * share it does it: after a restart it is continued, and when one dies, another takes over.
 */
export class ScreeningService {
  readonly screenings: Screenings;
  readonly #deps: ScreeningDependencies & { log: Logger };
  readonly #timing: Timing;
  readonly #stopping = new AbortController();
  readonly #running = new Map<string, { progress: ScreeningProgress | null; ending: AbortController }>();

  constructor(deps: ScreeningDependencies & { log: Logger }) {
    this.#deps = deps;
    this.#timing = deps.timing ?? SYSTEM_TIMING;
    this.screenings = new Screenings(deps.inbox);
  }

  /** The documents that reports are read from. */
  get documents(): Documents {
    return this.#deps.inbox;
  }

  /** OpenSPP, for the names of those in a report. */
  get client(): OdooClient {
    return this.#deps.client;
  }

  /**
   * Has a screening carried out.
   *
   * @throws {ScreeningError} where it cannot be, or the same one is under way
   */
  async start(request: ScreeningRequest): Promise<Screening> {
    const plan = planOf(request);
    const underWay = (await this.screenings.list()).find(
      (one) => one.state === 'running' && isSamePlan(one.plan, plan),
    );
    if (underWay) {
      throw new ScreeningError(
        'screening.running',
        `the same screening is under way already (${underWay.id})`,
      );
    }
    const { chunkSize } = this.#deps.settings;
    return this.screenings.create(plan, { by: 'bridge', chunkSize }, this.#timing.now());
  }

  /** What a screening would take. @throws {ScreeningError | RegistriesError | OdooError} */
  estimate(request: ScreeningRequest, signal: AbortSignal): Promise<Estimate> {
    return estimateOf(this.#deps, planOf(request), AbortSignal.any([signal, this.#stopping.signal]));
  }

  /** Stops a screening: here at once, elsewhere at its next step. @throws {ScreeningError} `screening.unknown` */
  async cancel(id: string): Promise<Screening> {
    const cancelled = await this.screenings.cancel(id, this.#timing.now());
    if (cancelled.cancel) this.#running.get(id)?.ending.abort();
    return cancelled;
  }

  /** Has one continued that was cancelled or failed. @throws {ScreeningError} */
  async resume(id: string): Promise<Screening> {
    const { by } = await this.screenings.get(id);
    if (by === 'command') {
      throw new ScreeningError('screening.state', 'a command runs it: give the same command line again');
    }
    return this.screenings.resume(id, this.#timing.now());
  }

  /** How far this process is with one; null where it is not at work on it. */
  progressOf(id: string): ScreeningProgress | null {
    return this.#running.get(id)?.progress ?? null;
  }

  /**
   * Begins to look for work.
   *
   * @returns ends it; what is done is kept
   */
  async attend(everyMs: number): Promise<() => Promise<void>> {
    const { inbox, log } = this.#deps;
    const end = await inbox.schedule(
      'screening',
      everyMs,
      () => this.work(),
      (error) => log.warn({ code: codeOf(error) }, 'a screening could not be continued'),
    );
    return async () => {
      this.#stopping.abort();
      await end();
    };
  }

  /** Does what there is to do; resolves when nothing is under way. */
  async work(): Promise<void> {
    const under = new Map<string, Promise<void>>();
    try {
      while (!this.#stopping.signal.aborted) {
        const due = (await this.screenings.list()).filter((one) => isDue(one, this.#timing.now())).reverse();
        for (const { id } of due) {
          if (under.has(id) || under.size >= AT_ONCE) continue;
          under.set(
            id,
            this.#run(id).finally(() => under.delete(id)),
          );
        }
        if (under.size === 0) return;
        const looked = new AbortController();
        const again = this.#timing.wait(LOOK_MS, looked.signal).catch(() => {});
        await Promise.race([again, ...under.values()]);
        looked.abort();
      }
    } finally {
      // Nothing of it goes on when somebody else may begin.
      await Promise.allSettled(under.values());
    }
  }

  async #run(id: string): Promise<void> {
    const { log } = this.#deps;
    const ending = new AbortController();
    const running = { progress: null as ScreeningProgress | null, ending };
    this.#running.set(id, running);
    try {
      const end = await runScreening(
        id,
        runDependencies(this.#deps, true),
        AbortSignal.any([this.#stopping.signal, ending.signal]),
        (progress) => {
          running.progress = progress;
        },
      );
      this.#log(end);
    } catch (error) {
      log.error({ screening: id, code: codeOf(error) }, 'a screening was broken off');
      await this.#broken(id, error);
    } finally {
      this.#running.delete(id);
    }
  }

  /** An inbox that does not answer may come back; a fault of the bridge itself would only come again. */
  async #broken(id: string, error: unknown): Promise<void> {
    if (error instanceof InboxUnavailableError) {
      await this.#timing.wait(LOOK_MS, this.#stopping.signal).catch(() => {});
      return;
    }
    await this.screenings.change(id, (one) => ({
      ...one,
      state: 'failed',
      problem: `a fault of the bridge itself (${codeOf(error)}); its log says more`,
      updatedAt: this.#timing.now(),
    }));
  }

  #log({ screening }: RunEnd): void {
    const { id, plan, state, people, counts, requests, problem } = screening;
    const entry = { screening: id, kind: plan.kind, source: plan.source, state, people, requests };
    const { outcomes, effects } = counts;
    if (problem === null) this.#deps.log.info({ ...entry, outcomes, effects }, 'a screening has ended');
    else this.#deps.log.warn({ ...entry, problem }, 'a screening could not go on');
  }
}

function isDue({ state, by, cancel, retryAt }: Screening, now: number): boolean {
  if (state !== 'running' || (by !== 'bridge' && !cancel)) return false;
  // A time that only a wrong clock could name counts as come.
  return cancel || retryAt === null || retryAt <= now || retryAt > now + LONGEST_RETRY_MS;
}

const LONGEST_RETRY_MS = 86_400_000;

/** Deletes all screenings, with their reports, such as where the registrants are those of another OpenSPP. @returns how many */
export function deleteScreenings(documents: Documents): Promise<number> {
  return pruneScreenings(documents, Number.POSITIVE_INFINITY);
}

/**
 * Deletes screenings, with their reports, that nothing was done about since before `before`.
 *
 * @param before milliseconds since the epoch
 * @returns how many
 */
export async function pruneScreenings(documents: Documents, before: number): Promise<number> {
  const screenings = new Screenings(documents);
  let gone = 0;
  for (const { id, updatedAt } of await screenings.list()) {
    if (updatedAt >= before) continue;
    await deleteChunks(documents, id);
    await screenings.forget(id);
    gone += 1;
  }
  return gone;
}
