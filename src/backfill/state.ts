import { hash, randomUUID } from 'node:crypto';
import type { VitalEventType } from '../events/vital-event.ts';
import type { Inbox } from '../inbox/inbox.ts';
import type { BackfillPlan, Slice } from './plan.ts';

/** What became of the records that the registry gave. */
export interface BackfillCounts {
  /** Different records, so far as one slice shows them. */
  records: number;
  /** Put into the inbox now. */
  created: number;
  /** In the inbox already, from an earlier run. */
  known: number;
  /** Not put there, because they could not be understood. */
  unreadable: number;
}

/** The place of a record that could not be understood, and why; nothing of what it says. */
export interface UnreadableRecord extends Slice {
  page: number;
  /** From 1. */
  position: number;
  reason: string;
}

/** How far a catch-up got: a document of the inbox, without personal data. */
export interface BackfillState {
  plan: BackfillPlan;
  /** Of the latest run, which may have taken up what an earlier one left. */
  run: string;
  /** Who runs it: the serving bridge goes on after a restart by itself, a command when it is given again. */
  by: 'bridge' | 'command';
  pageSize: number;
  sliceDays: number;
  /** A run that was killed stays `running`. */
  state: 'running' | 'stopped' | 'failed' | 'done';
  /** Milliseconds since the epoch. */
  startedAt: number;
  updatedAt: number;
  /** By type: the last day of what is done. */
  through: Partial<Record<VitalEventType, string>>;
  /** Of the slices that are done. */
  counts: BackfillCounts;
  /** The first of them; `counts.unreadable` says how many there are. */
  unreadable: UnreadableRecord[];
  /** Slices of which the registry gave fewer records than it says it has. They are asked for again by the next run. */
  short: Slice[];
  /** Why it failed, or waits to try again; null where it does not. */
  problem: string | null;
  /** When the serving bridge tries again; null where it need not wait. */
  retryAt: number | null;
}

export type Documents = Pick<Inbox, 'getDocument' | 'putDocument'>;

/** Names the latest plan's document. */
const LATEST = 'backfill';
/** Holds the run that is to stop. */
const STOP = 'backfill stop';

/** The document of a plan: its progress is found again by what was asked for. */
function nameOf({ source, types, from, to, attribute }: BackfillPlan): string {
  return `backfill ${hash('sha256', JSON.stringify([source, types, from, to, attribute]), 'hex').slice(0, 32)}`;
}

/** The state of a plan; null where it was never begun. */
export async function stateOf(documents: Documents, plan: BackfillPlan): Promise<BackfillState | null> {
  return read(await documents.getDocument(nameOf(plan)));
}

/** The state of the plan that was begun last; null where there is none. */
export async function latestState(documents: Documents): Promise<BackfillState | null> {
  const name = read<string>(await documents.getDocument(LATEST));
  return name === null ? null : read(await documents.getDocument(name));
}

/**
 * Begins a run of a plan, or continues it.
 *
 * @param restart forgets what was done
 * @param now milliseconds since the epoch
 */
export async function begin(
  documents: Documents,
  plan: BackfillPlan,
  options: Pick<BackfillState, 'by' | 'pageSize' | 'sliceDays'> & { restart: boolean },
  now: number,
): Promise<BackfillState> {
  const { restart, ...rest } = options;
  const earlier = await stateOf(documents, plan);
  const kept = restart ? null : earlier;
  const state: BackfillState = {
    plan,
    ...rest,
    run: randomUUID(),
    state: 'running',
    startedAt: now,
    updatedAt: now,
    through: kept?.through ?? {},
    counts: kept?.counts ?? { records: 0, created: 0, known: 0, unreadable: 0 },
    unreadable: kept?.unreadable ?? [],
    short: kept?.short ?? [],
    problem: null,
    retryAt: null,
  };
  // Another process may be at it still: it is to leave the plan to this run.
  if (earlier?.state === 'running') await documents.putDocument(STOP, JSON.stringify(earlier.run));
  await save(documents, state);
  await documents.putDocument(LATEST, JSON.stringify(nameOf(plan)));
  return state;
}

/** Keeps a state. */
export async function save(documents: Documents, state: BackfillState): Promise<void> {
  await documents.putDocument(nameOf(state.plan), JSON.stringify(state));
}

/** Asks the run that is under way to stop, whichever process runs it; false where there is none. */
export async function requestStop(documents: Documents): Promise<boolean> {
  const latest = await latestState(documents);
  if (latest?.state !== 'running') return false;
  await documents.putDocument(STOP, JSON.stringify(latest.run));
  return true;
}

/** Whether this run was asked to stop. */
export async function isStopRequested(documents: Documents, run: string): Promise<boolean> {
  return read<string>(await documents.getDocument(STOP)) === run;
}

/** Whether a plan has nothing left to be asked for. */
export function isComplete({ state, short }: BackfillState): boolean {
  return state === 'done' && short.length === 0;
}

function read<T = BackfillState>(json: string | null): T | null {
  return json === null ? null : (JSON.parse(json) as T);
}
