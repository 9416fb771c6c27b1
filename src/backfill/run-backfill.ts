import type { DciClient } from '../dci/client/client.ts';
import { DciClientError } from '../dci/client/errors.ts';
import type { Inbox, NewMessage } from '../inbox/inbox.ts';
import { SYSTEM_TIMING, type Timing } from '../lib/timing.ts';
import { InboxWriter, type InboxWriterSettings } from './inbox-writer.ts';
import { between, daysOf, type Slice, slicesOf } from './plan.ts';
import {
  type AskedRegistry,
  NotAskedForError,
  recordMessage,
  UnreadableRecordError,
} from './record-message.ts';
import {
  type BackfillCounts,
  type BackfillState,
  isStopRequested,
  save,
  stateOf,
  type UnreadableRecord,
} from './state.ts';
import { type FoundRecord, walkSlice } from './walk-slice.ts';

export interface BackfillDependencies {
  inbox: Pick<Inbox, 'accept' | 'counts' | 'getDocument' | 'putDocument'>;
  client: Pick<DciClient, 'pages'>;
  registry: AskedRegistry;
  settings: InboxWriterSettings;
  /**
   * Whether it goes on by itself: the signal then leaves it `running`, for the next start to take up, and so does a
   * failure that may pass, with a time to try again.
   */
  unattended?: boolean;
  timing?: Timing | undefined;
}

/** How far a run is. */
export interface BackfillProgress {
  slice: Slice;
  page: number;
  /** Days of all types, those of a slice as its pages come in. */
  days: { done: number; total: number };
  /** With those of the slice under way. */
  counts: BackfillCounts;
}

/** Milliseconds after which an unattended run asks a registry again that failed. */
const RETRY_MS = 60_000;
/** Places of records that could not be understood that are kept. */
const KEPT_PLACES = 100;

/** Somebody asked this run to stop. */
class StopRequestedError extends Error {
  override readonly name = 'StopRequestedError';
}

/**
 * Asks the registry for what is left of a plan and puts it into the inbox, slice by slice. What is done is kept after
 * each slice; a run that is killed asks again for the slice that it was at, whose records are known then.
 *
 * @param state as `begin` gave it
 * @param signal ends the run: what is done is kept
 * @param onProgress called after each page
 * @returns `done`, `stopped` (by the signal or by request), or `failed` with its problem; `running` see `unattended`
 * @throws {InboxUnavailableError}
 */
export async function runBackfill(
  state: BackfillState,
  deps: BackfillDependencies,
  signal: AbortSignal,
  onProgress: (progress: BackfillProgress) => void = () => {},
): Promise<{ state: BackfillState; error: DciClientError | null }> {
  const run = new Run(state, deps, signal, onProgress);
  const unattended = deps.unattended ?? false;
  try {
    await run.all();
    return { state: await run.end('done'), error: null };
  } catch (error) {
    if (error instanceof StopRequestedError) return { state: await run.end('stopped'), error: null };
    if (signal.aborted) {
      const goesOn = unattended && !(await isStopRequested(deps.inbox, state.run));
      return { state: await run.end(goesOn ? 'running' : 'stopped'), error: null };
    }
    if (!(error instanceof DciClientError)) throw error;
    const isRetried = unattended && error.transient;
    return { state: await run.end(isRetried ? 'running' : 'failed', error.message), error };
  }
}

class Run {
  #state: BackfillState;
  readonly #deps: BackfillDependencies;
  readonly #timing: Timing;
  readonly #writer: InboxWriter;
  readonly #signal: AbortSignal;
  readonly #onProgress: (progress: BackfillProgress) => void;

  constructor(
    state: BackfillState,
    deps: BackfillDependencies,
    signal: AbortSignal,
    onProgress: (progress: BackfillProgress) => void,
  ) {
    this.#state = state;
    this.#deps = deps;
    this.#timing = deps.timing ?? SYSTEM_TIMING;
    this.#writer = new InboxWriter(deps.inbox, deps.settings, this.#timing);
    this.#signal = signal;
    this.#onProgress = onProgress;
  }

  async all(): Promise<void> {
    const again = [...this.#state.short];
    const { plan, through, sliceDays } = this.#state;
    for (const slice of slicesOf(plan, through, sliceDays)) await this.#slice(slice, true);
    for (const slice of again) await this.#slice(slice, false);
  }

  /** @param isNext whether it follows on what is done, rather than one that came out short before */
  async #slice(slice: Slice, isNext: boolean): Promise<void> {
    const { counts: before, unreadable: places } = this.#state;
    let counts = { ...before };
    let unreadable = [...places];
    const whole = await walkSlice(this.#state.plan, slice, this.#state.pageSize, {
      client: this.#deps.client,
      signal: this.#signal,
      take: async (found, { page, totalCount }) => {
        await this.#take(slice, found, counts, unreadable);
        const pages = totalCount === null ? null : Math.ceil(totalCount / this.#state.pageSize);
        this.#tell(slice, page, isNext && pages !== null ? Math.min(1, page / pages) : 0, counts);
        await this.#assertWanted();
      },
    });
    if (!isNext) {
      // It was counted when it came out short: only what is new now comes to that.
      const created = counts.created - before.created;
      counts = { ...before, created: before.created + created, records: before.records + created };
      unreadable = places;
    }
    const short = this.#state.short.filter((one) => !isSame(one, slice));
    this.#state = {
      ...this.#state,
      counts,
      unreadable,
      short: whole ? short : [...short, slice],
      through: isNext ? { ...this.#state.through, [slice.type]: slice.to } : this.#state.through,
      updatedAt: this.#timing.now(),
    };
    this.#tell(slice, 0, 0, counts);
    // Where another run began, the plan is that one's now.
    await this.#assertOurs();
    await save(this.#deps.inbox, this.#state);
    await this.#assertWanted();
  }

  async #assertWanted(): Promise<void> {
    if (await isStopRequested(this.#deps.inbox, this.#state.run)) throw new StopRequestedError();
  }

  async #take(
    slice: Slice,
    found: readonly FoundRecord[],
    counts: BackfillCounts,
    unreadable: UnreadableRecord[],
  ): Promise<void> {
    await this.#writer.wait(this.#signal);
    const { plan } = this.#state;
    const messages: NewMessage[] = [];
    for (const { record, page, position } of found) {
      counts.records += 1;
      const unread = (reason: string) => {
        counts.unreadable += 1;
        if (unreadable.length < KEPT_PLACES) unreadable.push({ ...slice, page, position, reason });
      };
      try {
        const { registry } = this.#deps;
        const { message, missing } = recordMessage(record, plan, slice, registry, this.#timing.now());
        messages.push(message);
        if (missing !== null) unread(missing);
      } catch (error) {
        // It is had with the slice that it belongs to.
        if (error instanceof NotAskedForError) continue;
        if (!(error instanceof UnreadableRecordError)) throw error;
        unread(error.message);
      }
    }
    for (const { kind } of await this.#writer.accept(messages, this.#signal)) {
      if (kind === 'created') counts.created += 1;
      else counts.known += 1;
    }
  }

  #tell(slice: Slice, page: number, part: number, counts: BackfillCounts): void {
    const days = daysOf(this.#state.plan, this.#state.through);
    const done = days.done + part * between(slice.from, slice.to);
    this.#onProgress({ slice, page, days: { ...days, done }, counts: { ...counts } });
  }

  async #assertOurs(): Promise<void> {
    const kept = await stateOf(this.#deps.inbox, this.#state.plan);
    if (kept !== null && kept.run !== this.#state.run) throw new StopRequestedError();
  }

  async end(state: BackfillState['state'], problem: string | null = null): Promise<BackfillState> {
    const now = this.#timing.now();
    const retryAt = state === 'running' && problem !== null ? now + RETRY_MS : null;
    this.#state = { ...this.#state, state, problem, retryAt, updatedAt: now };
    const kept = await stateOf(this.#deps.inbox, this.#state.plan);
    if (kept === null || kept.run === this.#state.run) await save(this.#deps.inbox, this.#state);
    return this.#state;
  }
}

function isSame(one: Slice, other: Slice): boolean {
  return one.type === other.type && one.from === other.from && one.to === other.to;
}
