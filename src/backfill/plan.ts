import { dayOf } from '../events/dates.ts';
import { VITAL_EVENT_TYPES, type VitalEventType } from '../events/vital-event.ts';
import { CodedError } from '../lib/coded-error.ts';

/** Which events a registry is to be asked for. Two plans that say the same are one, and share their progress. */
export interface BackfillPlan {
  /** The code of the source. */
  source: string;
  /** In the order of `VITAL_EVENT_TYPES`, each once. */
  types: VitalEventType[];
  /** `YYYY-MM-DD`, the first day. */
  from: string;
  /** The last day, included. */
  to: string;
  /**
   * The registry's name of the date that the range is about, such as `birthdate`; null for the date of the event, which
   * every record must then have within the range.
   */
  attribute: string | null;
}

/** A stretch of days that is asked for at once. */
export interface Slice {
  type: VitalEventType;
  /** Both included. */
  from: string;
  to: string;
}

/** A plan that cannot be carried out as it is; `message` names the argument and the fix. */
export class BackfillError extends CodedError<'backfill.plan' | 'backfill.running'> {
  override readonly name = 'BackfillError';
}

const DAY_MS = 86_400_000;

/**
 * Checks what somebody asks for.
 *
 * @param now milliseconds since the epoch
 * @throws {BackfillError} `backfill.plan`
 */
export function planOf(
  asked: {
    source: string;
    types: readonly string[];
    from: string;
    to: string;
    attribute?: string | undefined;
  },
  now: number,
): BackfillPlan {
  const [from, to] = [day(asked.from, 'from'), day(asked.to, 'to')];
  if (from > to) throw wrong('from', 'must not be after `to`');
  // A range is done when it was asked for, so it must have happened: somewhere it is tomorrow already.
  if (to > shifted(dayAt(now), 1)) throw wrong('to', 'lies in the future; name a day that has come');
  const types = VITAL_EVENT_TYPES.filter((type) => asked.types.some((one) => one.toLowerCase() === type));
  const isKnown = (one: string) => types.some((type) => type === one.toLowerCase());
  if (types.length === 0 || !asked.types.every(isKnown)) {
    throw wrong('types', `expected one or more of ${VITAL_EVENT_TYPES.join(', ')}`);
  }
  return { source: asked.source, types, from, to, attribute: asked.attribute ?? null };
}

/** What is left of a plan, type after type, in slices of so many days. `through` is the last day that is done. */
export function* slicesOf(
  { types, from, to }: BackfillPlan,
  through: Readonly<Partial<Record<VitalEventType, string>>>,
  sliceDays: number,
): Generator<Slice, void, void> {
  for (const type of types) {
    const done = through[type];
    let first = done === undefined ? from : shifted(done, 1);
    while (first <= to) {
      const last = shifted(first, sliceDays - 1);
      const slice = { type, from: first, to: last < to ? last : to };
      yield slice;
      first = shifted(slice.to, 1);
    }
  }
}

/** How many days of a plan there are, and how many are done; each type's days count. */
export function daysOf(
  { types, from, to }: BackfillPlan,
  through: Readonly<Partial<Record<VitalEventType, string>>>,
): { done: number; total: number } {
  const done = types.map((type) => {
    const last = through[type];
    return last === undefined ? 0 : between(from, last);
  });
  return { done: done.reduce((sum, one) => sum + one, 0), total: types.length * between(from, to) };
}

/** The number of days from the first to the last, both included. */
export function between(first: string, last: string): number {
  return Math.round((Date.parse(last) - Date.parse(first)) / DAY_MS) + 1;
}

/** The day so many days later. */
function shifted(from: string, days: number): string {
  return dayAt(Date.parse(from) + days * DAY_MS);
}

const dayAt = (ms: number) => new Date(ms).toISOString().slice(0, 10);

function day(text: string, name: string): string {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text) && dayOf(text) === text) return text;
  throw wrong(name, 'expected a day such as 2024-12-01');
}

const wrong = (name: string, fix: string) => new BackfillError('backfill.plan', `${name}: ${fix}`);
