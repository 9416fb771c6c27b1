import type { Identifier } from '../events/vital-event.ts';
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
  if (own && (event.adopted || tellsOf(own, event))) return { row: own, identifier: null, redundant: [] };
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
