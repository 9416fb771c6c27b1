import type { Identifier } from '../events/vital-event.ts';
import { isCorrected, isOlder, samenessOf } from './correction.ts';
import { type EventRow, type KnownRows, type LoggedEvent, rowKey } from './event-log.ts';
import { isSharedNumber, type MatchingSettings } from './matching.ts';

/** The row that an event has or gets. */
export interface RowChoice {
  /** The row to go on with; null where one has to be made. */
  row: EventRow | null;
  /** What a new row is keyed by: the first identifier of the message, unless that is somebody else's. */
  identifier: Identifier | null;
  /** Rows with the same key besides `row`: two creations ran into each other, which Odoo's check cannot see. */
  redundant: EventRow[];
  /** The day before, where the event corrects `row`; null where it had none. */
  corrects?: { date: string | null };
  /** Whether `row` tells what the registry has said since, so that nothing is left to do. */
  superseded?: true;
}

const FINISHED_FIRST: readonly string[] = ['processed', 'error', 'processing', 'received'];

/**
 * Finds the row of an event among those known. A row with the same key is the same event and is picked up. Only where
 * it is about another registrant (spouses' messages begin with the number of their marriage, so both have the same
 * key) does the next identifier of the message make the key.
 *
 * @param taken ids of rows that other events of the batch have
 */
export function chooseRow(
  event: LoggedEvent,
  personId: number | null,
  known: KnownRows,
  settings: MatchingSettings,
  taken: ReadonlySet<number>,
): RowChoice {
  const own = event.odooEventId === null ? undefined : known.byId.get(event.odooEventId);
  if (own && (event.adopted || (!event.correction && tellsOf(own, event))))
    return { row: own, identifier: null, redundant: [] };
  if (!event.adopted) {
    const choice = chooseAmongCorrected(event, personId, known, settings, taken);
    if (choice) return choice;
  }
  if (event.date === null || event.identifiers.length === 0) return chooseKeyless(event, known, taken);
  for (const identifier of event.identifiers) {
    const rows = [...(known.byKey.get(rowKey(event.type, event.date, identifier) ?? '') ?? [])]
      .filter((row) => !isElses(row, event, identifier, personId, settings))
      .sort((a, b) => FINISHED_FIRST.indexOf(a.state) - FINISHED_FIRST.indexOf(b.state) || a.id - b.id);
    const [row, ...others] = rows;
    if (row) {
      const redundant = others.filter(({ state }) => state === 'received' || state === 'processing');
      return { row, identifier, redundant };
    }
    if (!known.byKey.has(rowKey(event.type, event.date, identifier) ?? '')) {
      return { row: null, identifier, redundant: [] };
    }
  }
  // Every key of the message is another registrant's event: a row without a key is never a duplicate to Odoo.
  return chooseKeyless(event, known, taken);
}

/**
 * The row that a correction corrects; for another event, the row where it was corrected before it came. Null where there
 * is none.
 */
function chooseAmongCorrected(
  event: LoggedEvent,
  personId: number | null,
  known: KnownRows,
  settings: MatchingSettings,
  taken: ReadonlySet<number>,
): RowChoice | null {
  const ranked = known.rows
    .filter(({ id }) => !taken.has(id))
    .map((row) => ({ row, same: samenessOf(row, event, personId, settings) }))
    .filter(({ same }) => same !== null);
  const named = ranked.filter(({ same }) => same === 'number');
  const rows = (named.length > 0 ? named : ranked).map(({ row }) => row).sort(nearest(event.date));
  const newer = rows.find((row) => isCorrected(row) && row.rawData !== event.rawData && isNewer(row, event));
  if (newer) return { row: newer, identifier: null, redundant: [], superseded: true };
  const [row, ...others] = rows;
  if (!event.correction || !row) return null;
  return {
    row,
    identifier: null,
    // Of one event that was told with two dates, only what the registry says now is left.
    redundant: named.length > 0 ? others : [],
    corrects: {
      date: others.find(({ date, state }) => state === 'processed' && date !== event.date)?.date ?? row.date,
    },
  };
}

/** Whether a corrected row stands against this event: a plain one says again what was before. */
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
 * Whether a row that is remembered by its id is this event's. In another database, or after a restore, the id may be
 * somebody else's: the row must come from the same message, or have the event's key.
 */
function tellsOf(row: EventRow, event: LoggedEvent): boolean {
  if (row.rawData === event.rawData) return true;
  return (
    row.type === event.type &&
    row.date === event.date &&
    event.identifiers.some(({ type, value }) => row.identifierType === type && row.identifierValue === value)
  );
}

function isElses(
  row: EventRow,
  event: LoggedEvent,
  identifier: Identifier,
  personId: number | null,
  settings: MatchingSettings,
): boolean {
  if (row.personId !== null) return personId !== null && row.personId !== personId;
  const shared = isSharedNumber(event, identifier, settings);
  // Nobody was matched yet. The row is ours if the message it came from names all of our identifiers.
  return (
    shared &&
    row.rawData !== null &&
    event.identifiers.some(({ value }) => !row.rawData?.includes(JSON.stringify(value)))
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
