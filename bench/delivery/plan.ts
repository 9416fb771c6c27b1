import type { VitalEventType } from '../../src/events/vital-event.ts';
import type { Registrant } from '../lib/registrants.ts';

/** Which events a backlog is made of. */
export const MIXES = ['all', 'births'] as const;
export type Mix = (typeof MIXES)[number];

/** An event that is to arrive in OpenSPP. Its shape is also what `test/faults/population.ts` compares with. */
export interface PlannedEvent {
  type: VitalEventType;
  date: string;
  uin: string;
  registrant: number;
  /** From 0; the same in every population with the same plan. */
  number: number;
}

export interface PlanOptions {
  events: number;
  mix: Mix;
  /** On how many different dates they happened: so many different things are to be written. */
  dates: number;
  /** Whether some registrants have two events, a marriage and a divorce; only in the mix `all`. */
  pairs: boolean;
}

const TYPES: readonly VitalEventType[] = ['birth', 'death', 'marriage', 'divorce'];
const FIRST_DAY = Date.UTC(1980, 0, 1);
const DAY_MS = 86_400_000;
/** So much later the divorce comes: after all other events, and still in the past. */
const MARRIED_MS = 22 * 365 * DAY_MS;
/** Of so many events one is the divorce of the one before it: one person's events meet, and have an order. */
const PAIR_EVERY = 20;

/**
 * Spreads events evenly over registrants, one for each but for the pairs. The same options give the same plan for any
 * registrants.
 */
export function planEvents(registrants: readonly Registrant[], options: PlanOptions): PlannedEvent[] {
  if (options.events > registrants.length) throw new Error('there are more events than registrants');
  return Array.from({ length: options.events }, (_, number): PlannedEvent => {
    const divorceOfLast = options.pairs && options.mix === 'all' && number % PAIR_EVERY === 3;
    const person = Math.floor(((divorceOfLast ? number - 1 : number) * registrants.length) / options.events);
    const { id, uin } = registrants[person] as Registrant;
    // Neighbours are not of the same day: a batch is taken by date.
    const day = FIRST_DAY + ((number * 7) % options.dates) * DAY_MS;
    return {
      type: options.mix === 'births' ? 'birth' : (TYPES[number % TYPES.length] ?? 'birth'),
      date: new Date(divorceOfLast ? day + MARRIED_MS : day).toISOString().slice(0, 10),
      uin,
      registrant: id,
      number,
    };
  });
}
