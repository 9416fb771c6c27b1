import type { NotKnownReason } from '../registries/answer.ts';
import type { ScreeningKind } from './plan.ts';

/** The plain answers of each kind of screening: first the no, then the yes. */
export const OUTCOMES = {
  deaths: ['alive', 'deceased'],
  duplicates: ['no_duplicate', 'duplicate'],
  disability: ['no_disability', 'disability'],
} as const satisfies Record<ScreeningKind, readonly [no: string, yes: string]>;

/** A plain yes or no. `alive` means that no death is registered, or that the registry has the person as living. */
export type PlainOutcome = (typeof OUTCOMES)[ScreeningKind][number];
export type Outcome = PlainOutcome | 'not_known' | 'no_identifier';

/** All outcomes that a kind of screening may have, the plain ones first. */
export function outcomesOf(kind: ScreeningKind): Outcome[] {
  return [...OUTCOMES[kind], 'not_known', 'no_identifier'];
}

/**
 * Why it is not known: what the registry's answer lacks, or `contradiction` (its answers, or its record and OpenSPP,
 * disagree), `inactive` (disabled or archived since the screening began, or gone), `not_asked` (not yet).
 */
export type UnknownReason = NotKnownReason | 'contradiction' | 'inactive' | 'not_asked';

/**
 * What became of an answer: `filed` into the inbox or `known` there already (deaths); `recorded` in OpenSPP or `refused`
 * by it (duplicates, disability); `absent` where this OpenSPP keeps no such records, `forbidden` where the bridge's user
 * may not add any.
 */
export type Effect = 'filed' | 'known' | 'recorded' | 'refused' | 'absent' | 'forbidden';

/** What the report says of one registrant. Members that say nothing are left out: there may be millions of these. */
export interface Result {
  /** `res.partner`. */
  id: number;
  outcome: Outcome;
  /** Of an `alive`: `nothing_registered` or `registered_alive`; of a `not_known`: an `UnknownReason`. */
  reason?: string;
  /** Of a `not_known`: what happened and what to do. No personal data. */
  detail?: string;
  /** Of the death, `YYYY-MM-DD`; left out where the registry gives none. */
  date?: string;
  /** Of the death's registration. */
  number?: string;
  /** That the registry has the person in, as it names them. */
  programs?: string[];
  /** When the registry was asked; milliseconds since the epoch. */
  askedAt?: number;
  /** A digest of what was asked by: another one means that the answer is about other identifiers. */
  key?: string;
  effect?: Effect;
  /** Whether the answer was taken over from an earlier screening. */
  kept?: true;
}

/** How many registrants have which outcome, and what became of their answers. */
export interface ScreeningCounts {
  outcomes: Partial<Record<Outcome, number>>;
  effects: Partial<Record<Effect, number>>;
  /** Answers that were taken over from earlier screenings. */
  kept: number;
}

export const NO_COUNTS: ScreeningCounts = { outcomes: {}, effects: {}, kept: 0 };

/** The counts with these results. */
export function counted(before: ScreeningCounts, results: readonly Result[]): ScreeningCounts {
  const outcomes = { ...before.outcomes };
  const effects = { ...before.effects };
  let { kept } = before;
  for (const { outcome, effect, kept: isKept } of results) {
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    if (isKept) kept += 1;
    // What an earlier screening filed or recorded is none of this one's.
    else if (effect) effects[effect] = (effects[effect] ?? 0) + 1;
  }
  return { outcomes, effects, kept };
}

/** Whether an answer says yes or no. */
export function isPlain({ outcome }: Result): boolean {
  return outcome !== 'not_known' && outcome !== 'no_identifier';
}
