import type { NotificationReader } from '../events/read-events.ts';
import type { VitalEventType } from '../events/vital-event.ts';
import { OdooError } from '../odoo/errors.ts';
import type { ApplyModes } from './apply-mode.ts';
import type { BatchHooks, HookContext } from './hooks.ts';
import type { MatchContext, MatchingSettings } from './matching.ts';
import type { RowWriter } from './row-writer.ts';
import type { Rule } from './rules/rule.ts';
import type { Outcome } from './stages.ts';

/**
 * Registrants and rows in work now, over all batches of all bridges: `hold` gives those that were free, `free` frees them,
 * after `afterMs` milliseconds where that is given.
 */
interface Holds {
  hold(keys: readonly string[]): Promise<ReadonlySet<string>>;
  free(keys: readonly string[], afterMs?: number): Promise<void>;
}

/** What a death does besides disabling the registrant and ending the program memberships. */
export interface DeathSettings {
  /** Whether it ends the deceased's places in households. */
  endHouseholdPlaces: boolean;
  /**
   * What becomes of a registrant whose death the registry takes back: `flag` leaves it to a caseworker, `undo` enables the
   * registrant again where the bridge disabled it for this very death and nobody changed it since.
   */
  revocation: 'flag' | 'undo';
}

/** What is the same for all batches. */
export interface BatchSettings {
  matching: MatchingSettings;
  death: DeathSettings;
  rules: Readonly<Record<VitalEventType, Rule>>;
  /** How changes are applied; `auto` where left out. */
  apply?: ApplyModes | undefined;
  /** Reads what rows were made from, where extensions have dialects of their own. */
  readNotification: NotificationReader;
  /** A country's extensions, where there are any. */
  hooks?: BatchHooks | undefined;
}

/** What a batch is delivered with. */
export interface BatchContext extends BatchSettings, MatchContext, HookContext {
  writer: RowWriter;
  holds: Holds;
  /** Aborts when the batch is to be left as it is. */
  signal: AbortSignal;
  /** Milliseconds for which Odoo may still be working on a call that got no answer. */
  unansweredGraceMs: number;
  /** Milliseconds since the epoch. */
  now: number;
  /** Gets a failure that is the bridge's own, and no data of the event. */
  onInternalError(error: unknown, eventId: number): void;
}

/** What is held while a registrant is worked on. */
export function registrantKey(id: number): string {
  return `registrant ${id}`;
}

/**
 * Runs `work` with the events whose keys could be held, and holds them meanwhile. The others are `blocked`: of events that
 * have a key in common only the first goes ahead, so that the next is decided with what that one changed.
 *
 * Where Odoo may still be carrying out a call of `work`, the keys stay held for the grace: a decision before that
 * would be about what is going to change.
 */
export async function whileHeld<T extends { event: { id: number }; keys: readonly string[] }>(
  wanted: readonly T[],
  { holds, signal, unansweredGraceMs }: Pick<BatchContext, 'holds' | 'signal' | 'unansweredGraceMs'>,
  work: (free: readonly T[], held: ReadonlySet<string>) => Promise<Outcome[]>,
): Promise<Outcome[]> {
  const taken = new Set<string>();
  const first = wanted.filter(({ keys }) => {
    if (keys.some((key) => taken.has(key))) return false;
    for (const key of keys) taken.add(key);
    return true;
  });
  const held = await holds.hold(first.flatMap(({ keys }) => keys));
  let afterMs = 0;
  try {
    const free = first.filter(({ keys }) => keys.every((key) => held.has(key)));
    const blocked = wanted.filter((one) => !free.includes(one));
    return [
      ...(await work(free, held)),
      ...blocked.map(({ event }): Outcome => ({ kind: 'blocked', id: event.id })),
    ];
  } catch (error) {
    const mayStillChange = error instanceof OdooError ? error.mayStillChange : signal.aborted;
    if (mayStillChange) afterMs = unansweredGraceMs;
    throw error;
  } finally {
    await holds.free([...held], afterMs);
  }
}
