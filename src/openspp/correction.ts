import { stampOf, wasSentBefore } from '../events/message-stamp.ts';
import type { Identifier } from '../events/vital-event.ts';
import type { EventRow, LoggedEvent } from './event-row.ts';
import { isSharedNumber, type MatchingSettings } from './matching.ts';
import { masked } from './privacy.ts';
import {
  comparePersons,
  haveOtherNumbers,
  identifiersOfRow,
  isRegistrationNumber,
  isSamePerson,
  type Sought,
} from './same-person.ts';
import { ALL_TEXTS, type OpensppTexts } from './texts/index.ts';

/**
 * What the notes of a row that was corrected begin a line with, in every language. A row with such a line says what the
 * registry says now: an event that was received before, or is received again, as it was before the correction, adds
 * nothing.
 */
export const CORRECTION_MARKS: readonly string[] = ALL_TEXTS.map(({ correction }) => correction.mark);

/** Something that a correction changed; `what` is `EVENT_DATE`, or the type of an identifier whose ends are given. */
export interface CorrectedValue {
  what: string;
  from: string;
  to: string;
}

/** How a change of the date is known; each language has its own word for it. */
export const EVENT_DATE = 'event date';

/** What stands for the day before where there was none. */
export const NO_DAY = '–';

/** The line that keeps both values; with it, an interrupted correction can be finished. */
export function correctionNote(value: CorrectedValue, texts: OpensppTexts): string {
  return texts.correction.became(wordFor(value, texts), value.from, value.to);
}

/** The line for a correction that Odoo refused. */
export function notTakenOver(value: CorrectedValue, texts: OpensppTexts): string {
  return texts.correction.refused(wordFor(value, texts), value.from, value.to);
}

function wordFor({ what }: CorrectedValue, { correction }: OpensppTexts): string {
  return what === EVENT_DATE ? correction.eventDate : what;
}

/** Identifier types and values have no line breaks: control characters are refused. */
const LINES = ALL_TEXTS.flatMap(({ correction }) => {
  const pattern = (what: string, from: string, to: string) =>
    new RegExp(
      `^${correction.became('\u0001', '\u0002', '\u0003').replaceAll('.', '\\.')}$`
        .replace('\u0001', what)
        .replace('\u0002', from)
        .replace('\u0003', to),
      'u',
    );
  return [
    { date: true, line: pattern(`(${correction.eventDate})`, '(\\S+)', '(\\S+)') },
    { date: false, line: pattern('(.+?)', '(\\S.*)', '(.+)') },
  ];
});

/** What the notes of a row say was corrected, the newest last; whichever language the lines are in. */
export function correctedValues(notes: string | null): CorrectedValue[] {
  return (notes?.split('\n') ?? []).flatMap((text) => {
    for (const { date, line } of LINES) {
      const [, what, from, to] = line.exec(text) ?? [];
      if (what === undefined || from === undefined || to === undefined) continue;
      return [{ what: date ? EVENT_DATE : what, from, to }];
    }
    return [];
  });
}

/** A line of a bridge of 0.1.0 shows whole numbers; what is written again keeps their ends. */
export function withoutWholeNumbers(line: string): string {
  const [value] = correctedValues(line);
  if (!value || value.what === EVENT_DATE) return line;
  const hidden = (text: string) => (text.startsWith('…') ? text : masked(text));
  return line.replace(value.from, () => hidden(value.from)).replace(value.to, () => hidden(value.to));
}

export function isCorrected({ notes }: Pick<EventRow, 'notes'>): boolean {
  return notes?.split('\n').some((line) => CORRECTION_MARKS.some((mark) => line.startsWith(mark))) ?? false;
}

/** Whether a row's registration was taken back, and is not in force again since. */
export function isTakenBack({ notes }: Pick<EventRow, 'notes'>): boolean {
  const last = lastMark(notes?.split('\n') ?? []);
  return last !== undefined && begins(last, REVOKED);
}

/** The line that puts a registration in force again, where it is the last word; null where it was never taken back. */
export function reinstatement(lines: readonly string[]): string | null {
  const last = lastMark(lines);
  return last !== undefined && begins(last, REINSTATED) ? last : null;
}

function lastMark(lines: readonly string[]): string | undefined {
  return lines.findLast((line) => begins(line, [...REVOKED, ...REINSTATED]));
}

function begins(line: string, marks: readonly string[]): boolean {
  return marks.some((mark) => line.startsWith(mark));
}

const REVOKED = ALL_TEXTS.map(({ revocation }) => revocation.marks.revoked);
const REINSTATED = ALL_TEXTS.map(({ revocation }) => revocation.marks.reinstated);

/** The registration numbers of an event among identifiers. */
export function numbersAmong(
  event: Pick<LoggedEvent, 'type'>,
  identifiers: readonly Identifier[],
  settings: MatchingSettings,
): Identifier[] {
  return identifiers.filter(({ type }) => settings.registrationNumbers[event.type].has(type.toUpperCase()));
}

/**
 * How a row is known to be about the same event as a message, whatever their dates: both have the registration number
 * and are about the same person; or, since each person is born and dies once, they have the same registrant, or, while no registrant
 * was matched, an identifier in common. Null where it is another event, or that cannot be known.
 */
export function samenessOf(row: EventRow, sought: Sought): 'number' | 'person' | null {
  const { event, personId, settings, read } = sought;
  if (row.type !== event.type) return null;
  if (row.personId !== null && personId !== null && row.personId !== personId) return null;
  const named = numbersAmong(event, event.identifiers, settings).some(
    ({ type, value }) =>
      isRowsIdentifier(row, { type, value }) ||
      row.rawData?.includes(JSON.stringify(value)) ||
      // A dialect of an extension need not have the number as a text of its own.
      (read !== undefined && row.rawData?.includes(value) && isNumberOfRow(row, value, sought)),
  );
  if (named && isSameEvent(row, sought)) return 'number';
  if (event.type !== 'birth' && event.type !== 'death') return null;
  if (row.personId !== null) {
    // OpenSPP need not know the identifier by which a registration is taken back.
    const isSame = personId === null && event.revoked ? isSamePerson(row, sought) : row.personId === personId;
    return isSame ? 'person' : null;
  }
  const isShared = event.identifiers.some(
    (identifier) => isRowsIdentifier(row, identifier) && !isSharedNumber(event, identifier, settings),
  );
  // It may be the number of a household.
  return isShared && comparePersons(row, sought) !== 'other' ? 'person' : null;
}

/**
 * Whether a row is of another registration of the same kind, by the numbers of both. Those that the row had before a
 * correction count too, and a correction may change the number itself.
 */
export function isOtherRegistration(row: EventRow, sought: Sought): boolean {
  const { event, settings } = sought;
  if (event.correction || !haveOtherNumbers(row, sought)) return false;
  const before = correctedValues(row.notes).map(({ from }) => from);
  return !numbersAmong(event, event.identifiers, settings).some(
    ({ value }) => before.includes(masked(value)) || before.includes(value),
  );
}

function isNumberOfRow(row: EventRow, value: string, sought: Sought): boolean {
  return numbersAmong(row, identifiersOfRow(row, sought), sought.settings).some((one) => one.value === value);
}

/**
 * A correction says that it replaces something, and a revocation too: with the number alone, both are taken at it. So is
 * a revocation that came first, for what happened on the same day.
 */
function isSameEvent(row: EventRow, sought: Sought): boolean {
  const { event, settings } = sought;
  if (isSamePerson(row, sought)) return true;
  const numberAlone = (identifiers: readonly Identifier[]) =>
    identifiers.every((one) => isRegistrationNumber(one, settings));
  const replaces = event.correction || event.revoked;
  if (replaces && numberAlone(event.identifiers)) return true;
  const isReplaced = replaces || (isTakenBack(row) && row.date === event.date);
  return isReplaced && numberAlone(identifiersOfRow(row, sought));
}

export function isRowsIdentifier(row: EventRow, { type, value }: Identifier): boolean {
  return row.identifierType?.toUpperCase() === type.toUpperCase() && row.identifierValue === value;
}

/**
 * Whether a message was sent before what the row was made from (below 0), after it (above 0), or both in one second: by
 * the registry's own stamps, where both messages are of the same registry; else, and where these are the same, by when
 * they came.
 */
export function compareAge(event: LoggedEvent, row: EventRow): number {
  const isBefore = wasSentBefore(stampOf(event.rawData), stampOf(row.rawData));
  if (isBefore !== null) return isBefore ? -1 : 1;
  if (row.receivedDate === null) return 1;
  const received = Date.parse(`${row.receivedDate.replace(' ', 'T')}Z`);
  return Math.floor(event.receivedAt / 1000) * 1000 - received;
}

/** Whether a correction was sent before what the row was made from. */
export function isOlder(event: LoggedEvent, row: EventRow): boolean {
  return compareAge(event, row) < 0;
}
