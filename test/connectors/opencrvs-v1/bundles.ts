/** What a record of OpenCRVS 1.x says, in the shapes that its releases send it in. Made up. */
export interface RecordTold {
  type: 'birth' | 'death';
  date: string | null;
  number: string;
  /** The national ID of the child or the deceased; null for none. */
  nationalId: string | null;
}

/** The mother of every record, who must never be taken for anybody else. */
export const MOTHER_ID = 'MOTHER-900100200';

/**
 * The shapes, by release. Found in opencrvs-core: up to 1.4 the webhooks service fetched each permitted section and put
 * it behind the Task, and `type` of an identifier was a string; from 1.5 on it filters the whole record, and `type` is
 * a CodeableConcept. A client of another type than `webhook` gets the record with its Composition.
 */
export const RELEASES = {
  '1.2': { concept: false, bare: true, whole: false },
  '1.3': { concept: false, bare: false, whole: false },
  '1.4': { concept: false, bare: false, whole: false },
  '1.5': { concept: true, bare: false, whole: false },
  '1.6': { concept: true, bare: false, whole: false },
  '1.7': { concept: true, bare: false, whole: true },
  '1.8': { concept: true, bare: false, whole: true },
  '1.9': { concept: true, bare: false, whole: true },
} as const;

interface Shape {
  /** Whether the type of an identifier is a CodeableConcept. */
  concept: boolean;
  /** Whether some resources are in `entry` without a wrapper. */
  bare: boolean;
  /** Whether the Composition is there. */
  whole: boolean;
}

/** A bundle; `sections` are those that the client may see. */
export function bundle(
  told: RecordTold,
  { concept, bare, whole }: Shape,
  sections: readonly ('subject' | 'mother-details' | 'informant-details')[] = ['mother-details', 'subject'],
) {
  const { type, date, number, nationalId } = told;
  const word = type.toUpperCase();
  const identifier = (code: string, value: string) => ({
    type: concept ? { coding: [{ system: 'http://opencrvs.org/specs/identifier-type', code }] } : code,
    value,
  });
  const subject = {
    resourceType: 'Patient',
    id: 'p-subject',
    name: [{ use: 'en', given: ['Ama'], family: ['Owusu'] }],
    ...(type === 'birth' ? { birthDate: date } : { birthDate: '1950-02-03', deceasedDateTime: date }),
    identifier: [
      ...(nationalId === null ? [] : [identifier('NATIONAL_ID', nationalId)]),
      identifier(`${word}_REGISTRATION_NUMBER`, number),
    ],
  };
  const mother = {
    resourceType: 'Patient',
    id: 'p-mother',
    birthDate: '1990-06-07',
    deceasedBoolean: true,
    identifier: [
      identifier('NATIONAL_ID', MOTHER_ID),
      identifier('BIRTH_REGISTRATION_NUMBER', 'MOTHERS-OWN-BRN'),
    ],
  };
  const informant = { resourceType: 'RelatedPerson', id: 'r-1', patient: { reference: 'Patient/p-mother' } };
  const section = (code: string, reference: string) => ({
    code: { coding: [{ system: 'http://opencrvs.org/doc-sections', code }] },
    entry: [{ reference }],
  });
  const composition = {
    resourceType: 'Composition',
    id: 'c-1',
    section: [
      section('mother-details', 'Patient/p-mother'),
      section(type === 'birth' ? 'child-details' : 'deceased-details', 'Patient/p-subject'),
      section('informant-details', 'RelatedPerson/r-1'),
    ],
  };
  const task = {
    resourceType: 'Task',
    id: 't-1',
    code: { coding: [{ system: 'http://opencrvs.org/specs/types', code: word }] },
    focus: { reference: 'Composition/c-1' },
    identifier: [
      { system: `http://opencrvs.org/specs/id/${type}-tracking-id`, value: 'TRACK7X' },
      { system: `http://opencrvs.org/specs/id/${type}-registration-number`, value: number },
    ],
  };
  const seen = { subject, 'mother-details': mother, 'informant-details': informant };
  return {
    resourceType: 'Bundle',
    type: 'document',
    entry: [
      ...(whole ? [{ resource: composition }] : []),
      { resource: task },
      ...sections.map((name) => (bare ? seen[name] : { resource: seen[name] })),
    ],
  };
}

/** A webhook's payload, as `birthRegisteredHandler` makes it. */
export function payload(topic: string, context: object, timestamp = '2025-11-24T15:59:00.000Z') {
  return { timestamp, id: 'w-1', event: { hub: { topic }, context: [context] } };
}
