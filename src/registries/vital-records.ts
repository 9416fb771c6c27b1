import { ShapeError } from '../dci/client/errors-of-answers.ts';
import { isPlain, type Plain } from '../dci/client/plain.ts';
import { dayOf } from '../events/dates.ts';
import { type IdentifierNaming, isSameType } from './identifier-names.ts';
import { identifiersOf, personsOf } from './records.ts';

/** What a record that a search for deaths found says of a person. */
export type DeathReading =
  | {
      dead: true /** `YYYY-MM-DD`. */;
      date: string | null /** The death's registration number. */;
      number: string | null;
    }
  | { dead: false };

const DEATH_DATE = /^(death_?date|date_?of_?death)$/i;
const DEATH_PLACE = /^(death_?place|place_?of_?death)$/i;
const BIRTH_DATE = /^(birth_?date|date_?of_?birth)$/i;

/** A registry east of Greenwich lives in tomorrow already. */
const DAY_MS = 86_400_000;

/**
 * Reads whether a record is one of a death. It is by a date of death, by the number of a death's registration, or by a
 * place of death. It is not where a date of death is there, and empty: a registry of persons gives the living, too,
 * where it takes no notice of the event that it was asked for.
 *
 * @param now milliseconds since the epoch: a date of death in the future is none, mostly a filler
 * @throws {ShapeError} which names the member that cannot be read, and for a record that says nothing of a death
 */
export function readDeath(record: Plain, naming: IdentifierNaming, now: number): DeathReading {
  const days = daysOf(record, DEATH_DATE);
  const latest = new Date(now + DAY_MS).toISOString().slice(0, 10);
  for (const { day, member } of days)
    if (day !== null && day > latest) throw new ShapeError(`${member} of the record lies in the future`);
  const dates = [...new Set(days.flatMap(({ day }) => day ?? []))];
  if (dates.length > 1) throw new ShapeError('the record has two dates of death');
  const [date = null] = dates;
  const number = identifiersOf(record).find(({ type }) => isSameType(type, 'DRN', naming))?.value ?? null;
  const hasPlace = membersOf(record, DEATH_PLACE).some(({ value }) => hasContent(value));
  if (date !== null || number !== null || hasPlace) return { dead: true, date, number };
  if (days.length > 0) return { dead: false };
  throw new ShapeError(
    'the record has no death_date, no number of a death registration and no death_place: it does not say whether ' +
      'the person is dead',
  );
}

/** The date of birth of a record, `YYYY-MM-DD`; null where it has none. @throws {ShapeError} naming the member */
export function readBirthDate(record: Plain): string | null {
  return daysOf(record, BIRTH_DATE).find(({ day }) => day !== null)?.day ?? null;
}

function daysOf(record: Plain, names: RegExp): { member: string; day: string | null }[] {
  return membersOf(record, names).map(({ member, value }) => {
    if (value === null || value === '') return { member, day: null };
    const day = typeof value === 'string' ? dayOf(value) : null;
    if (day === null) throw new ShapeError(`${member} of the record is no date`);
    return { member, day };
  });
}

function membersOf(record: Plain, names: RegExp): { member: string; value: unknown }[] {
  return [record, ...personsOf(record)].flatMap((part) =>
    Object.entries(part).flatMap(([member, value]) =>
      names.test(member) && value !== undefined ? [{ member, value }] : [],
    ),
  );
}

/** Whether there is something in a value, however deep. */
function hasContent(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(hasContent);
  if (isPlain(value)) return Object.values(value).some(hasContent);
  return value !== null && value !== undefined && value !== '' && value !== false;
}
