import type { Logger } from 'pino';
import type { Inbox } from '../inbox/inbox.ts';
import { codeOf } from '../lib/coded-error.ts';
import { OdooError } from '../odoo/errors.ts';
import { RegistriesError } from '../registries/errors.ts';
import type { Registries } from '../registries/registries.ts';
import { DEFAULT_SOURCES } from '../registries/sources.ts';
import type { InboxWriterSettings } from './inbox-writer.ts';
import { backfillNotes } from './notes.ts';
import { BackfillError, planOf } from './plan.ts';
import { registryOf } from './registry.ts';
import { type BackfillProgress, runBackfill } from './run-backfill.ts';
import { type BackfillState, begin, latestState, requestStop, save } from './state.ts';

interface BackfillSettings extends InboxWriterSettings {
  pageSize: number;
  sliceDays: number;
}

export interface BackfillDependencies {
  inbox: Pick<Inbox, 'accept' | 'counts' | 'getDocument' | 'putDocument' | 'schedule'>;
  registries: Registries;
  settings: BackfillSettings;
  log: Logger;
}

/** What an operator asks for. */
export interface BackfillRequest {
  source?: string | undefined;
  types: readonly string[];
  from: string;
  to: string;
  attribute?: string | undefined;
  pageSize?: number | undefined;
  sliceDays?: number | undefined;
  restart?: boolean | undefined;
}

/** The state as kept, and how far this process is where it does the work. */
export interface BackfillStatus {
  state: BackfillState | null;
  progress: BackfillProgress | null;
}

/**
 * The catch-up of the serving bridge. What is to be done is a document of the inbox, and one of the bridges that share
 * it does it. After a restart it continues; when one bridge dies, another one takes over.
 */
export class BackfillService {
  readonly #deps: BackfillDependencies;
  readonly #stopping = new AbortController();
  /** Ends the run of this process at once. */
  #ending = new AbortController();
  #progress: { run: string; progress: BackfillProgress } | null = null;

  constructor(deps: BackfillDependencies) {
    this.#deps = deps;
  }

  /**
   * Has a plan carried out.
   *
   * @throws {BackfillError} where it cannot be, or another one is under way
   */
  async start(request: BackfillRequest, now: number): Promise<BackfillState> {
    const { inbox, settings } = this.#deps;
    const { source = DEFAULT_SOURCES.crvs, pageSize, sliceDays, restart } = request;
    const plan = planOf({ ...request, source }, now);
    const latest = await latestState(inbox);
    if (latest?.state === 'running' && latest.by === 'bridge') {
      throw new BackfillError('backfill.running', 'one is under way already; stop it first');
    }
    return begin(
      inbox,
      plan,
      {
        by: 'bridge',
        pageSize: pageSize ?? settings.pageSize,
        sliceDays: sliceDays ?? settings.sliceDays,
        restart: restart ?? false,
      },
      now,
    );
  }

  /** State of the plan that was begun last, by this bridge, another one or a command. */
  async status(): Promise<BackfillStatus> {
    const state = await latestState(this.#deps.inbox);
    const progress =
      state?.state === 'running' && this.#progress?.run === state.run ? this.#progress.progress : null;
    return { state, progress };
  }

  /** Stops the run under way: here at once, elsewhere after its page. False where there is none. */
  async stop(): Promise<boolean> {
    const isStopping = await requestStop(this.#deps.inbox);
    if (isStopping) this.#ending.abort();
    return isStopping;
  }

  /**
   * Begins to look for work.
   *
   * @returns ends it; what is done is kept
   */
  async attend(everyMs: number): Promise<() => Promise<void>> {
    const { inbox, log } = this.#deps;
    const end = await inbox.schedule(
      'backfill',
      everyMs,
      () => this.#work(Date.now()),
      (error) => log.warn({ code: codeOf(error) }, 'a catch-up could not continue'),
    );
    return async () => {
      this.#stopping.abort();
      await end();
    };
  }

  async #work(now: number): Promise<void> {
    const { inbox, registries, settings, log } = this.#deps;
    const latest = await latestState(inbox);
    if (latest?.state !== 'running' || latest.by !== 'bridge' || this.#stopping.signal.aborted) return;
    // A time that only a wrong clock could name counts as come.
    if (latest.retryAt !== null && latest.retryAt > now && latest.retryAt < now + 3_600_000) return;
    const { source, types, from, to } = latest.plan;
    let asked: Awaited<ReturnType<typeof registryOf>>;
    try {
      asked = await registryOf(registries, source);
    } catch (error) {
      if (error instanceof OdooError && error.transient) throw error;
      if (!(error instanceof RegistriesError || error instanceof OdooError)) throw error;
      await save(inbox, { ...latest, state: 'failed', problem: error.message, updatedAt: now });
      return;
    }
    const notes = backfillNotes(asked.source, types);
    log.info({ source, types, from, to, notes }, 'a catch-up goes on');
    this.#ending = new AbortController();
    const { state } = await runBackfill(
      latest,
      { inbox, client: asked.client, registry: asked.registry, settings, unattended: true },
      AbortSignal.any([this.#stopping.signal, this.#ending.signal]),
      (progress) => {
        this.#progress = { run: latest.run, progress };
      },
    );
    this.#progress = null;
    const entry = {
      source,
      state: state.state,
      ...state.counts,
      short: state.short.length,
      problem: state.problem,
    };
    if (state.problem === null) log.info(entry, 'a catch-up has ended');
    else log.warn(entry, 'a catch-up could not ask its registry');
  }
}
