import { CodedError } from '../lib/coded-error.ts';

/** What registrants are screened for. */
export const SCREENING_KINDS = ['deaths', 'duplicates', 'disability'] as const;
export type ScreeningKind = (typeof SCREENING_KINDS)[number];

/** Whose registrants are asked about. */
export type Population =
  /** Everybody enrolled in a program (`spp.program`), of households their members. */
  | { of: 'program'; id: number }
  /** Everybody enrolled in a payment round of a program (`spp.cycle`), of households their members. */
  | { of: 'cycle'; id: number }
  /** All registrants. */
  | { of: 'all' };

/** What is asked, about whom. Two plans that say the same are one: the unfinished screening of it is continued. */
export interface ScreeningPlan {
  kind: ScreeningKind;
  /** The code of the source that is asked. */
  source: string;
  population: Population;
  /** Whether deaths that are found go into the inbox, to be applied like notifications. */
  fileEvents: boolean;
  /** An earlier answer that is at most so many seconds old is taken over; null asks about everybody. */
  maxAgeSeconds: number | null;
}

/**
 * Why a screening cannot be done as it was asked for; `message` names the argument and the fix.
 *
 * `screening.plan`: it contradicts itself. `screening.nobody`: its population is empty. `screening.running`: it is under
 * way already. `screening.unknown`: there is none of this id. `screening.state`: not in the state that it is in.
 */
export type ScreeningErrorCode =
  | 'screening.plan'
  | 'screening.nobody'
  | 'screening.running'
  | 'screening.unknown'
  | 'screening.state';

export class ScreeningError extends CodedError<ScreeningErrorCode> {
  override readonly name = 'ScreeningError';
}

/** Checks a plan. @throws {ScreeningError} `screening.plan` */
export function checkedPlan(plan: ScreeningPlan): ScreeningPlan {
  if (plan.fileEvents && plan.kind !== 'deaths') {
    throw new ScreeningError('screening.plan', 'file-events: only a screening for deaths files events');
  }
  return plan;
}

/** Whether two plans are the same. */
export function isSamePlan(one: ScreeningPlan, other: ScreeningPlan): boolean {
  return keyOf(one) === keyOf(other);
}

function keyOf({ kind, source, population, fileEvents, maxAgeSeconds }: ScreeningPlan): string {
  const whose = population.of === 'all' ? 'all' : `${population.of} ${population.id}`;
  return JSON.stringify([kind, source, whose, fileEvents, maxAgeSeconds]);
}
