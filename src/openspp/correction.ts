import { parseJson } from '../dci/json.ts';
import { toPlain } from '../dci/json-plain.ts';
import { parseTimestamp, unixSeconds } from '../dci/timestamp.ts';
import { toldBy } from '../events/told-by.ts';
import type { Identifier } from '../events/vital-event.ts';
import type { EventRow, LoggedEvent } from './event-log.ts';
import { isSharedNumber, type MatchingSettings } from './matching.ts';

/**
 * What the notes of a row that was corrected begin a line with. A row with such a line tells what the registry says
 * now: an event that was told before, or is told once more, as it was before the correction, adds nothing.
 */
export const CORRECTION_MARK = 'Registry correction:';

/** A correction that came before what it corrects, or whose event was never told. */
export const NOTHING_TO_CORRECT = `${CORRECTION_MARK} no earlier event was here.`;
/** An event that was corrected before it came, or a correction that a newer one came before. */
export const SUPERSEDED = 'The registry has corrected this event since; nothing was changed.';
export const CHANGES_NOTHING = 'The correction changes nothing here.';

/** Something that a correction changed; `what` is `event date`, or the type of an identifier. */
export interface CorrectedValue {
  what: string;
  from: string;
  to: string;
}

export const EVENT_DATE = 'event date';

/** The line that keeps both values; with it, an interrupted correction can be gone on with. */
export function correctionNote({ what, from, to }: CorrectedValue): string {
  return `${CORRECTION_MARK} ${what} ${from} became ${to}.`;
}

/** The line for a correction that Odoo refused. */
export function notTakenOver({ what, from, to }: CorrectedValue): string {
  return `The registry corrects ${what} ${from} to ${to}; that was refused, and not taken over.`;
}

/** Identifier types and values have no line breaks: control characters are refused. */
const LINE = /^Registry correction: (.+?) (\S.*) became (.+)\.$/;
const DATE_LINE = /^Registry correction: (event date) (\S+) became (\S+)\.$/;

/** What the notes of a row say was corrected, the newest last. */
export function correctedValues(notes: string | null): CorrectedValue[] {
  return (notes?.split('\n') ?? []).flatMap((line) => {
    const [, what, from, to] = DATE_LINE.exec(line) ?? LINE.exec(line) ?? [];
    return what !== undefined && from !== undefined && to !== undefined ? [{ what, from, to }] : [];
  });
}

export function isCorrected({ notes }: Pick<EventRow, 'notes'>): boolean {
  return notes?.split('\n').some((line) => line.startsWith(CORRECTION_MARK)) ?? false;
}

/** The registration numbers of an event among identifiers. */
export function numbersAmong(
  event: Pick<LoggedEvent, 'type'>,
  identifiers: readonly Identifier[],
  settings: MatchingSettings,
): Identifier[] {
  return identifiers.filter(({ type }) => settings.registrationNumbers[event.type].has(type.toUpperCase()));
}

/**
 * How a row is known to be about the same event as a message, whatever their dates: both have the registration number;
 * or, since nobody is born or dies twice, they have the same registrant, or, while nobody was matched, an identifier in
 * common. Null where it is another event, or that cannot be told.
 */
export function samenessOf(
  row: EventRow,
  event: LoggedEvent,
  personId: number | null,
  settings: MatchingSettings,
): 'number' | 'person' | null {
  if (row.type !== event.type) return null;
  if (row.personId !== null && personId !== null && row.personId !== personId) return null;
  const named = numbersAmong(event, event.identifiers, settings).some(
    ({ type, value }) =>
      isRowsIdentifier(row, { type, value }) || row.rawData?.includes(JSON.stringify(value)),
  );
  const once = event.type === 'birth' || event.type === 'death';
  if (named && (once || isSpousesOwn(row, event, personId, settings))) return 'number';
  if (!once) return null;
  if (row.personId !== null) return row.personId === personId ? 'person' : null;
  return event.identifiers.some((identifier) => isRowsIdentifier(row, identifier)) ? 'person' : null;
}

/** Both spouses have the number of their marriage: the row must be this spouse's. */
function isSpousesOwn(
  row: EventRow,
  event: LoggedEvent,
  personId: number | null,
  settings: MatchingSettings,
): boolean {
  if (row.personId !== null || personId !== null) return row.personId === personId;
  return event.identifiers
    .filter((identifier) => !isSharedNumber(event, identifier, settings))
    .some(
      (identifier) =>
        isRowsIdentifier(row, identifier) || row.rawData?.includes(JSON.stringify(identifier.value)),
    );
}

function isRowsIdentifier(row: EventRow, { type, value }: Identifier): boolean {
  return row.identifierType?.toUpperCase() === type.toUpperCase() && row.identifierValue === value;
}

/**
 * Whether a correction was said before what the row was made from. By the registry's own stamps, where both messages
 * are of the same registry; else by when they came.
 */
export function isOlder(event: LoggedEvent, row: EventRow): boolean {
  const [ours, theirs] = [stampOf(event.rawData), stampOf(row.rawData)];
  if (ours && theirs && ours.senderId === theirs.senderId) return ours.at < theirs.at;
  const received = row.receivedDate === null ? null : Date.parse(`${row.receivedDate.replace(' ', 'T')}Z`);
  return received !== null && Math.floor(event.receivedAt / 1000) * 1000 < received;
}

function stampOf(rawData: string | null): { senderId: string; at: number } | null {
  if (rawData === null) return null;
  try {
    const { header } = toPlain(parseJson(rawData)) as { header?: Record<string, unknown> };
    const { sender_id: senderId, message_ts: stamp } = header ?? {};
    if (typeof senderId !== 'string' || typeof stamp !== 'string') return null;
    const seconds = unixSeconds(stamp);
    const fraction = Number(`0.${parseTimestamp(stamp)?.fraction || '0'}`);
    return seconds === null ? null : { senderId, at: seconds + fraction };
  } catch {
    // A user may have written anything there.
    return null;
  }
}

/** The identifiers that a row's event had: those of its message, or the one that the row has. */
export function identifiersOfRow(row: EventRow): Identifier[] {
  const told = (row.rawData === null ? null : toldBy(row.rawData))?.filter(({ type }) => type === row.type);
  const own =
    row.identifierType !== null && row.identifierValue !== null
      ? [{ type: row.identifierType, value: row.identifierValue }]
      : [];
  return [...own, ...(told ?? []).flatMap(({ identifiers }) => identifiers)];
}
