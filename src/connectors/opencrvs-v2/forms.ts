import type { VitalEventType } from '../../events/vital-event.ts';

/**
 * Where one person of a country's form is in the declaration. Fields are named by their ids (`child.dob`), a part
 * of a composite one by a further name (`child.name.firstname`); of several the first that has a value counts.
 */
export interface FormPerson {
  /** The fields that date the event. */
  date: readonly string[];
  /** A name field (`{firstname, middlename, surname}`), or a text. */
  name: readonly string[];
  given_name: readonly string[];
  family_name: readonly string[];
  /** Identifier type → the fields that hold an identifier of it. */
  identifiers: Readonly<Record<string, readonly string[]>>;
}

/** How a country's form reports a vital event. */
export interface EventForm {
  event: VitalEventType;
  /** The identifier type of the registration number. */
  registration_number: string;
  /** Each makes an event of its own: one for a birth or a death, both spouses of a marriage. */
  persons: readonly FormPerson[];
}

/** Sections of a form that are about somebody else than the person whom a birth or a death is about. */
const OTHERS: ReadonlySet<string> = new Set([
  'mother',
  'father',
  'parent',
  'guardian',
  'informant',
  'spouse',
  'husband',
  'wife',
  'witness',
  'collector',
  'requester',
  'applicant',
]);

/**
 * What is wrong with a form: a birth or death that would be about somebody else, two persons of one marriage that
 * would be the same. A mistake here would write the mother's number to the child.
 *
 * @returns the place below the form and the reason; null where nothing is wrong
 */
export function formProblem(form: EventForm): { place: string; reason: string } | null {
  const spouses = form.event === 'marriage' || form.event === 'divorce';
  if (!spouses && form.persons.length !== 1) {
    return { place: 'persons', reason: `a ${form.event} is about one person` };
  }
  const seen = new Set<string>();
  for (const [position, person] of form.persons.entries()) {
    for (const [type, fields] of Object.entries(person.identifiers)) {
      for (const field of fields) {
        const place = `persons[${position}].identifiers.${type}`;
        const section = field.split('.')[0]?.toLowerCase() ?? '';
        if (!spouses && OTHERS.has(section)) {
          return { place, reason: `${field} is not a field of the person whom a ${form.event} is about` };
        }
        if (seen.has(field)) return { place, reason: `${field} is another identifier, or another person’s` };
        seen.add(field);
      }
    }
  }
  return null;
}
