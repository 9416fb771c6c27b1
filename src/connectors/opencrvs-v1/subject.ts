import type { JsonObject } from '../../dci/json.ts';
import { badField } from '../../events/fields.ts';
import { type Bundle, identifiersOf, patientsOfSection } from './bundle.ts';

/** How OpenCRVS names what belongs to an event. */
export interface RecordKind {
  /** The section of the composition that names the person whom the event is about. */
  section: string;
  /** The code of `Patient.identifier.type` that the registration number has. */
  numberType: string;
  /** What the person is called, for the message that nobody was found. */
  called: string;
  /** Sections of other people. */
  others: readonly string[];
}

const RELATIVES = ['mother-details', 'father-details', 'spouse-details'] as const;

export const RECORD_KINDS: Readonly<Record<'birth' | 'death', RecordKind>> = {
  birth: {
    section: 'child-details',
    numberType: 'BIRTH_REGISTRATION_NUMBER',
    called: 'child',
    others: RELATIVES,
  },
  death: {
    section: 'deceased-details',
    numberType: 'DEATH_REGISTRATION_NUMBER',
    called: 'deceased',
    others: RELATIVES,
  },
};

/**
 * The person whom a record is about: by the composition, where there is one. Where it was withheld, by the
 * registration number, which the registry gives the child or the deceased as an identifier when it registers the event;
 * of a death also by the date of death, which nobody else in the record has. No one is taken for the child because no
 * other is there: it may be the mother.
 *
 * @param number the registration number, as the task has it; null where it has none
 * @throws {DciError} where it is not clear who is meant
 */
export function subjectOf(bundle: Bundle, kind: RecordKind, number: string | null, path: string): JsonObject {
  const subject = (bundle.composition && bySection(bundle, bundle.composition, kind, path)) ?? null;
  const found = subject ?? byNumber(bundle, kind, number, path) ?? byDeath(bundle, kind, path);
  if (found) {
    if (number !== null && numbersOf(found, kind, path).some((one) => one !== number)) {
      throw badField(path, `the Task and the ${kind.called} have different registration numbers`);
    }
    return found;
  }
  throw badField(
    path,
    `it is not clear who the ${kind.called} is: the section ${kind.section} was withheld, or has no registration number; give the client of this webhook the permission to see it`,
  );
}

function bySection(
  { patients }: Bundle,
  composition: JsonObject,
  kind: RecordKind,
  path: string,
): JsonObject | undefined {
  const ids = new Set(patientsOfSection(composition, kind.section));
  if (ids.size > 1) throw badField(path, `the section ${kind.section} names several Patients`);
  const [id] = ids;
  if (id === undefined) return undefined;
  if (kind.others.some((section) => patientsOfSection(composition, section).includes(id))) {
    throw badField(path, `the section ${kind.section} names a Patient who is a relative in another section`);
  }
  return patients.find((patient) => patient.get('id') === id);
}

function byNumber(
  { patients, composition }: Bundle,
  kind: RecordKind,
  number: string | null,
  path: string,
): JsonObject | undefined {
  if (number === null) return undefined;
  const relatives = composition
    ? kind.others.flatMap((section) => patientsOfSection(composition, section))
    : [];
  const found = patients.filter(
    (patient) =>
      !relatives.includes(String(patient.get('id'))) && numbersOf(patient, kind, path).includes(number),
  );
  if (found.length > 1) {
    throw badField(
      path,
      `several Patients have the registration number, so it is not clear who the ${kind.called} is`,
    );
  }
  return found[0];
}

/** Relatives who are dead are marked by `deceasedBoolean` alone. */
function byDeath({ patients, composition }: Bundle, kind: RecordKind, path: string): JsonObject | undefined {
  if (kind.called !== 'deceased' || composition) return undefined;
  const dated = patients.filter((patient) => typeof patient.get('deceasedDateTime') === 'string');
  if (dated.length > 1) {
    throw badField(path, 'several Patients have a date of death, so it is not clear who the deceased is');
  }
  return dated[0];
}

function numbersOf(patient: JsonObject, { numberType }: RecordKind, path: string): string[] {
  return identifiersOf(patient, path)
    .filter(({ type }) => type === numberType)
    .map(({ value }) => value);
}
