import { PendingError, ShapeError } from '../dci/client/errors-of-answers.ts';
import type { Plain } from '../dci/client/plain.ts';
import { type Answer, type NotKnown, notKnown } from './answer.ts';
import {
  type DisabilityStatus,
  disabilityStatusOf,
  type FunctionalAssessment,
  functionalAssessmentOf,
} from './dr-records.ts';
import { type LookUpRules, NOBODY, type OwnRecords, readOwn } from './look-up.ts';

/** Whether somebody is a person with disability; both answers come with what the registry has on record. */
export type DisabilityAnswer = Answer<{ status: DisabilityStatus }, { status: DisabilityStatus }>;

/** A functional assessment; never a "no". */
export type AssessmentAnswer = Answer<{ assessment: FunctionalAssessment }>;

/** What the records of a disability registry say of a person. */
export function disabilityAnswer(own: OwnRecords | NotKnown, rules: LookUpRules): DisabilityAnswer {
  if (own.kind === 'not_known') return own;
  return readOwn<DisabilityAnswer>(own, rules, (records) => {
    if (records.length === 0) return NOBODY;
    const statuses = statusesOf(records);
    if (statuses === null) return notKnown('pending', 'the registry has not decided on the disability yet');
    const [status] = statuses;
    if (!status) return NOBODY;
    if (statuses.some(({ hasDisability }) => hasDisability !== status.hasDisability)) {
      throw new ShapeError('the records contradict each other: one says disability, another one none');
    }
    return { kind: status.hasDisability ? 'yes' : 'no', status };
  });
}

/** Null where one is not decided. @throws {ShapeError} */
function statusesOf(records: readonly Plain[]): DisabilityStatus[] | null {
  try {
    return records.map(disabilityStatusOf);
  } catch (error) {
    if (error instanceof PendingError) return null;
    throw error;
  }
}

/** What the records say of a functional assessment. */
export function assessmentAnswer(own: OwnRecords | NotKnown, rules: LookUpRules): AssessmentAnswer {
  if (own.kind === 'not_known') return own;
  return readOwn<AssessmentAnswer>(own, rules, ([record]) =>
    record ? { kind: 'yes', assessment: functionalAssessmentOf(record) } : NOBODY,
  );
}
