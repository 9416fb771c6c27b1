import { type Answer, type NotKnown, notKnown } from './answer.ts';
import { type Beneficiary, beneficiaryOf, sortedNames } from './ibr-records.ts';
import { type LookUpRules, type OwnRecords, readOwn } from './look-up.ts';

/** Whether the registry knows a beneficiary by an identifier. */
export type BeneficiaryAnswer = Answer<{ beneficiaries: Beneficiary[] }>;

/** Whether somebody is a beneficiary, and in which programs. */
export type EnrollmentAnswer = Answer<{
  /** Of all records that were found; each once, in order. */
  programs: string[];
  /** The first record that was found. */
  beneficiary: Beneficiary;
}>;

/** How the look-up by each identifier type ended: yes, no, or the reason why that is not known. No values. */
export interface CheckedIdentifier {
  type: string;
  /** Records found. */
  found: number;
  outcome: 'yes' | 'no' | NotKnown['reason'];
}

/** Whether a registrant is known to the registry under any of their identifiers. */
export type DuplicationAnswer = Answer<
  {
    /** The programs of those that were found; each once, in order. */
    matchedPrograms: string[];
    matches: Beneficiary[];
  },
  object
> & { checked: CheckedIdentifier[] };

/** What the records that were found say. */
export function beneficiaryAnswer(own: OwnRecords | NotKnown, rules: LookUpRules): BeneficiaryAnswer {
  if (own.kind === 'not_known') return own;
  return readOwn<BeneficiaryAnswer>(own, rules, (records) =>
    records.length === 0 ? { kind: 'no' } : { kind: 'yes', beneficiaries: records.map(beneficiaryOf) },
  );
}

/** What beneficiaries that were found say of somebody's enrolment. */
export function enrollmentAnswer(found: BeneficiaryAnswer): EnrollmentAnswer {
  if (found.kind !== 'yes') return found;
  const [beneficiary] = found.beneficiaries;
  if (!beneficiary) return { kind: 'no' };
  return {
    kind: 'yes',
    programs: sortedNames(found.beneficiaries.flatMap(({ programs }) => programs)),
    beneficiary,
  };
}

/**
 * Puts the look-ups by all identifiers of one registrant together: found under any is a yes; a no takes a no under each
 * of them.
 */
export function duplicationAnswer(
  looked: readonly { type: string; answer: BeneficiaryAnswer }[],
): DuplicationAnswer {
  if (looked.length === 0) {
    return { ...notKnown('not_askable', 'there is no identifier to ask by'), checked: [] };
  }
  const matches: Beneficiary[] = [];
  const checked = looked.map(({ type, answer }): CheckedIdentifier => {
    if (answer.kind === 'not_known') return { type, found: 0, outcome: answer.reason };
    const found = answer.kind === 'yes' ? answer.beneficiaries : [];
    matches.push(...found.filter(isNew(matches)));
    return { type, found: found.length, outcome: answer.kind };
  });
  if (matches.length > 0) {
    const matchedPrograms = sortedNames(matches.flatMap(({ programs }) => programs));
    return { kind: 'yes', matchedPrograms, matches, checked };
  }
  const unknown = looked.find(({ answer }) => answer.kind === 'not_known')?.answer;
  return unknown?.kind === 'not_known' ? { ...unknown, checked } : { kind: 'no', checked };
}

/** Two identifiers of one person lead to the same record. */
function isNew(known: readonly Beneficiary[]): (one: Beneficiary) => boolean {
  const texts = new Set(known.map(({ record }) => JSON.stringify(record)));
  return ({ record }) => !texts.has(JSON.stringify(record));
}
