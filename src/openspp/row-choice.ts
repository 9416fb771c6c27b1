import type { Identifier } from '../events/vital-event.ts';
import {
  compareAge,
  correctedValues,
  EVENT_DATE,
  isCorrected,
  isOlder,
  isOtherRegistration,
  isRowsIdentifier,
  isTakenBack,
  numbersAmong,
  samenessOf,
} from './correction.ts';
import { type KnownRows, rowKey } from './event-log.ts';
import type { EventRow, LoggedEvent } from './event-row.ts';
import type { MatchingSettings } from './matching.ts';
import { isSamePerson, type Sought } from './same-person.ts';

/** The row that an event has or gets. */
export interface RowChoice {
  /** The row of the event; null where one has to be made. */
  row: EventRow | null;
  /** What a new row is keyed by: the first identifier of the message, unless that is somebody else's. */
  identifier: Identifier | null;
  /** Rows with the same key besides `row`: two creations ran into each other, which Odoo's check cannot see. */
  redundant: EventRow[];
  /** The day before, where the event corrects `row`; null where it had none. */
  corrects?: { date: string | null };
  /** Whether `row` says what the registry has said since, so that nothing is left to do; `revoked`: it was taken back. */
  superseded?: 'corrected' | 'revoked';
  /** Whether the event takes back what `row` is about; `unclear`: these rows may be meant, and more than one person. */
  revokes?: true | { unclear: readonly EventRow[] };
  /** Whether the event puts the registration of `row`, which was taken back, in force again. */
  reinstates?: true;
}

/** Of a choice that is no matter of keys. */
const NO_KEY = { identifier: null, redundant: [] };

const FINISHED_FIRST: readonly string[] = ['processed', 'error', 'processing', 'received'];

/**
 * Finds the row of an event among those known. A row with the same key is picked up where it is about the same person.
 * Registration numbers start again in each office and year, and spouses share the number of their marriage: where a row
 * with the key is about somebody else, the next identifier of the message makes the key.
 *
 * @param taken ids of rows that other events of the batch have
 */
export function chooseRow(sought: Sought, known: KnownRows, taken: ReadonlySet<number>): RowChoice {
  const { event } = sought;
  const own = event.odooEventId === null ? undefined : known.byId.get(event.odooEventId);
  if (own && event.adopted && event.revoked) {
    return { row: own, ...NO_KEY, revokes: true };
  }
  const isOurs = (row: EventRow) => !isOtherRegistration(row, sought) && isSamePerson(row, sought);
  const same = event.adopted ? [] : rowsOfSameEvent(sought, known, taken, isOurs);
  if (!event.adopted) {
    const choice = event.revoked
      ? chooseRevoked(event, same, isOurs, known)
      : (chooseAmongTakenBack(event, same) ?? chooseBegun(event, known, taken));
    if (choice) return choice;
  }
  if (own && (event.adopted || (!event.correction && isOwn(own, event, isOurs))))
    return { row: own, ...NO_KEY };
  if (!event.adopted) {
    const choice = chooseAmongCorrected(sought, known, taken);
    if (choice) return choice;
  }
  if (event.date === null || event.identifiers.length === 0) return chooseKeyless(event, known, taken);
  for (const identifier of event.identifiers) {
    const rows = [...(known.byKey.get(rowKey(event.type, event.date, identifier) ?? '') ?? [])]
      .filter(isOurs)
      .sort((a, b) => FINISHED_FIRST.indexOf(a.state) - FINISHED_FIRST.indexOf(b.state) || a.id - b.id);
    const [row, ...others] = rows;
    if (row) {
      const redundant = others.filter(({ state }) => state === 'received' || state === 'processing');
      return { row, identifier, redundant };
    }
    if (!known.byKey.has(rowKey(event.type, event.date, identifier) ?? '')) {
      // The same event may have come with its identifiers in another order.
      const row = same.find((one) => one.date === event.date && isOurs(one));
      return row ? { row, ...NO_KEY } : { row: null, identifier, redundant: [] };
    }
  }
  // Every key of the message is another registrant's event: a row without a key is never a duplicate to Odoo.
  return chooseKeyless(event, known, taken);
}

/**
 * The rows of the very event that a message is about: with its date and an identifier; with its number; or, since nobody
 * is born or dies twice, of the same person. The nearest date comes first.
 */
function rowsOfSameEvent(
  sought: Sought,
  known: KnownRows,
  taken: ReadonlySet<number>,
  isOurs: (row: EventRow) => boolean,
): EventRow[] {
  const { event } = sought;
  const hasKey = (row: EventRow) =>
    row.date === event.date && event.identifiers.some((one) => isRowsIdentifier(row, one)) && isOurs(row);
  return known.rows
    .filter((row) => row.type === event.type && !taken.has(row.id) && !isOtherRegistration(row, sought))
    .filter((row) => row.rawData === event.rawData || hasKey(row) || samenessOf(row, sought) !== null)
    .sort(nearest(event.date));
}

/**
 * The row that is taken back. With the number alone it must be the only one that has it, or they are of one person. Where there is none, one is made,
 * which the event finds when it comes.
 */
function chooseRevoked(
  event: LoggedEvent,
  same: readonly EventRow[],
  isOurs: (row: EventRow) => boolean,
  known: KnownRows,
): RowChoice {
  const ours = same.filter(isOurs);
  const [first, ...others] = same;
  const isOne = others.every(({ personId }) => personId !== null && personId === first?.personId);
  const [row] = ours.length > 0 || !isOne ? ours : same;
  if (row) {
    const newer = row.rawData !== event.rawData && compareAge(event, row) < 0;
    if (newer) return { row, ...NO_KEY, superseded: 'corrected' };
    return { row, ...NO_KEY, revokes: true };
  }
  const free = event.identifiers.find(
    (identifier) => !known.byKey.has(rowKey(event.type, event.date, identifier) ?? ''),
  );
  const revokes = same.length > 0 ? { unclear: same } : true;
  return { row: null, identifier: free ?? null, redundant: [], revokes };
}

/** An event whose registration was taken back since, or is in force again. */
function chooseAmongTakenBack(event: LoggedEvent, same: readonly EventRow[]): RowChoice | null {
  const row = same.find((one) => isTakenBack(one) && one.rawData !== event.rawData);
  if (!row) return null;
  // Said in the same second, what was taken back stays so.
  if (compareAge(event, row) <= 0) {
    return { row, ...NO_KEY, superseded: 'revoked' };
  }
  return { row, ...NO_KEY, reinstates: true };
}

/**
 * The row of a correction that does not say that it is one, and was cut off or refused after the row had the new date:
 * what it corrects is in the notes.
 */
function chooseBegun(event: LoggedEvent, known: KnownRows, taken: ReadonlySet<number>): RowChoice | null {
  if (event.correction) return null;
  const row = known.rows.find(
    ({ id, rawData, state, notes }) =>
      rawData === event.rawData &&
      state !== 'processed' &&
      !taken.has(id) &&
      correctedValues(notes).some(({ what, to }) => what === EVENT_DATE && to === event.date),
  );
  return row ? { row, ...NO_KEY, corrects: { date: row.date } } : null;
}

/**
 * The row that a correction corrects; for another event, the row where it was corrected before it came. Null where there
 * is none.
 */
function chooseAmongCorrected(
  sought: Sought,
  known: KnownRows,
  taken: ReadonlySet<number>,
): RowChoice | null {
  const { event, settings } = sought;
  const ranked = known.rows
    .filter(({ id }) => !taken.has(id))
    .map((row) => ({ row, same: samenessOf(row, sought) }))
    .filter(({ same }) => same !== null);
  const named = ranked.filter(({ same }) => same === 'number');
  const moved = event.correction
    ? []
    : movedRows(
        event,
        named.map(({ row }) => row),
        settings,
      );
  const later = moved.find((row) => isOlder(event, row));
  if (later) return { row: later, ...NO_KEY, superseded: 'corrected' };
  const rows = (named.length > 0 ? named : ranked).map(({ row }) => row).sort(nearest(event.date));
  const newer = rows.find((row) => isCorrected(row) && row.rawData !== event.rawData && isNewer(row, event));
  if (newer) return { row: newer, ...NO_KEY, superseded: 'corrected' };
  const [row, ...others] = rows;
  const [before] = moved.sort(nearest(event.date));
  if (before) return { row: before, ...NO_KEY, corrects: { date: before.date } };
  // With the number of a known event, and no day, it says nothing new.
  if (!event.correction && event.date === null && named.length > 0) return { row: row ?? null, ...NO_KEY };
  if (!event.correction || !row) return null;
  return {
    row,
    identifier: null,
    // Of one event that was reported with two dates, only what the registry says now is left.
    redundant: named.length > 0 ? others : [],
    corrects: {
      date: others.find(({ date, state }) => state === 'processed' && date !== event.date)?.date ?? row.date,
    },
  };
}

/** Whether a corrected row outranks this event: a plain one says again what was before. */
function isNewer(row: EventRow, event: LoggedEvent): boolean {
  return event.correction ? isOlder(event, row) : row.date !== event.date;
}

/** The one with the date comes first, for Odoo takes no other row to it; then those that got furthest. */
function nearest(date: string | null) {
  return (a: EventRow, b: EventRow): number =>
    Number(b.date === date) - Number(a.date === date) ||
    FINISHED_FIRST.indexOf(a.state) - FINISHED_FIRST.indexOf(b.state) ||
    a.id - b.id;
}

/**
 * The rows of an event that is reported again with the same registration number and another date, by a message that
 * does not say that it is a correction. None where a row has the date already.
 */
function movedRows(event: LoggedEvent, named: readonly EventRow[], settings: MatchingSettings): EventRow[] {
  if (event.date === null || numbersAmong(event, event.identifiers, settings).length === 0) return [];
  if (named.some(({ date }) => date === event.date)) return [];
  return named.filter(({ rawData }) => rawData !== event.rawData);
}

/**
 * Whether a row that is remembered by its id is this event's. In another database, or after a restore, the id may be
 * somebody else's: the row must come from the same message, or have the event's key and be about the same person.
 */
function isOwn(row: EventRow, event: LoggedEvent, isOurs: (row: EventRow) => boolean): boolean {
  if (row.rawData === event.rawData) return true;
  return (
    row.type === event.type &&
    row.date === event.date &&
    event.identifiers.some(
      ({ type, value }) => row.identifierType === type && row.identifierValue === value,
    ) &&
    isOurs(row)
  );
}

/** A row without a key is found again by the message that it came from. */
function chooseKeyless(event: LoggedEvent, known: KnownRows, taken: ReadonlySet<number>): RowChoice {
  const row = known.keyless.find(
    (one) => one.type === event.type && one.rawData === event.rawData && !taken.has(one.id),
  );
  const identifier = event.date === null ? (event.identifiers[0] ?? null) : null;
  return { row: row ?? null, identifier, redundant: [] };
}
