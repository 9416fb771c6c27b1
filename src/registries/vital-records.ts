import { ShapeError } from '../dci/client/errors-of-answers.ts';
import { isPlain, type Plain, textOf } from '../dci/client/plain.ts';
import { readDate } from '../events/dates.ts';
import { revokedMember } from '../events/status.ts';
import type { TimeZone } from '../events/time-zone.ts';
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
/** Members that say by themselves whether somebody lives. */
const DECEASED = /^(is_?)?(deceased|dead)(_?(flag|indicator|boolean))?$/i;
const ALIVE = /^(is_?)?(alive|living)(_?(flag|indicator|boolean))?$/i;
const STATUS = /^((vital|life|living|person|individual|citizen|record)_?)?status$/i;
const DEAD_OR_ALIVE = /\b(?:(deceased|dead|died)|alive|living)\b/i;

/** A registry east of Greenwich lives in tomorrow already. */
const DAY_MS = 86_400_000;

/**
 * Reads whether a record is one of a death. It is by a date of death, by the number of a death's registration, or by a
 * place of death. It is not where a date of death is there, and empty: a registry of persons gives the living, too,
 * where it takes no notice of the event that it was asked for. A member that says the contrary by itself (`is_deceased`,
 * `alive`, a status such as `deceased`) makes it neither.
 *
 * @param now milliseconds since the epoch: a date of death in the future is none, mostly a filler
 * @param zone of the registry, for dates that say theirs
 * @throws {ShapeError} which names the member that cannot be read, and for a record that says nothing of a death
 */
export function readDeath(
  record: Plain,
  naming: IdentifierNaming,
  now: number,
  zone?: TimeZone | null,
): DeathReading {
  assertInForce(record);
  const days = daysOf(record, DEATH_DATE, zone);
  const latest = new Date(now + DAY_MS).toISOString().slice(0, 10);
  for (const { day, member } of days)
    if (day !== null && day > latest) throw new ShapeError(`${member} of the record lies in the future`);
  const dates = [...new Set(days.flatMap(({ day }) => day ?? []))];
  if (dates.length > 1) throw new ShapeError('the record has two dates of death');
  const [date = null] = dates;
  const number = identifiersOf(record).find(({ type }) => isSameType(type, 'DRN', naming))?.value ?? null;
  const hasPlace = membersOf(record, DEATH_PLACE).some(({ value }) => hasContent(value));
  const isDated = days.some(({ isPartial }) => isPartial);
  const dead = date !== null || number !== null || hasPlace || isDated;
  const contrary = dead || days.length > 0 ? saysContrary(record, dead) : null;
  if (contrary !== null)
    throw new ShapeError(`${contrary} of the record contradicts what the record says of a death`);
  if (dead) return { dead, date, number };
  if (days.length > 0) return { dead };
  throw new ShapeError(
    'the record has no death_date, no number of a death registration and no death_place: it does not say whether ' +
      'the person is dead',
  );
}

/** The date of birth of a record, `YYYY-MM-DD`; null where it has none. @throws {ShapeError} naming the member */
export function readBirthDate(record: Plain, zone?: TimeZone | null): string | null {
  assertInForce(record);
  return daysOf(record, BIRTH_DATE, zone).find(({ day }) => day !== null)?.day ?? null;
}

/** A registration that was taken back says nothing of the person. @throws {ShapeError} */
function assertInForce(record: Plain): void {
  const member = revokedMember(record);
  if (member !== null)
    throw new ShapeError(`${member} of the record says that the registration is not in force`);
}

/** `isPartial`: there is a date, such as a year alone, that names no day. */
function daysOf(
  record: Plain,
  names: RegExp,
  zone?: TimeZone | null,
): { member: string; day: string | null; isPartial: boolean }[] {
  return membersOf(record, names).map(({ member, value }) => {
    const read =
      value === null || typeof value === 'string' ? readDate(value, zone) : { kind: 'refused' as const };
    if (read.kind === 'refused' || (read.kind === 'none' && read.why === 'date.implausible'))
      throw new ShapeError(`${member} of the record is no date`);
    if (read.kind === 'day') return { member, day: read.day, isPartial: false };
    return { member, day: null, isPartial: read.why === 'date.partial' };
  });
}

function membersOf(record: Plain, names: RegExp): { member: string; value: unknown }[] {
  return [record, ...personsOf(record)].flatMap((part) =>
    Object.entries(part).flatMap(([member, value]) =>
      names.test(member) && value !== undefined ? [{ member, value }] : [],
    ),
  );
}

/** The member that says that a person lives who is dead by the rest of the record, or the other way round; else null. */
function saysContrary(record: Plain, dead: boolean): string | null {
  const saysDead = (member: string, value: unknown): boolean | null => {
    if (DECEASED.test(member)) return yesOrNo(value);
    if (ALIVE.test(member)) {
      const alive = yesOrNo(value);
      return alive === null ? null : !alive;
    }
    const word = STATUS.test(member) && typeof value === 'string' ? DEAD_OR_ALIVE.exec(value) : null;
    return word && word[1] !== undefined;
  };
  for (const part of [record, ...personsOf(record)]) {
    for (const [member, value] of Object.entries(part)) if (saysDead(member, value) === !dead) return member;
  }
  return null;
}

/** Null for what says neither. */
function yesOrNo(value: unknown): boolean | null {
  const word = typeof value === 'boolean' ? String(value) : (textOf(value)?.trim() ?? '');
  if (/^(true|yes|y|1)$/i.test(word)) return true;
  return /^(false|no|n|0)$/i.test(word) ? false : null;
}

/** Whether there is something in a value, however deep; what JSON-LD says of its kind (`@type`) is nothing. */
function hasContent(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(hasContent);
  if (isPlain(value))
    return Object.entries(value).some(([name, inner]) => !name.startsWith('@') && hasContent(inner));
  return value !== null && value !== undefined && value !== '' && value !== false;
}
