import { type BatchContext, whileHeld } from './batch.ts';
import { finalState, findRows, newRowValues } from './event-log.ts';
import type { EventRow, EventToDeliver } from './event-row.ts';
import type { Outcome } from './stages.ts';
import { textsIn } from './texts/index.ts';
import { MODEL } from './vocabulary.ts';

/** A record that cannot be read, of a message that has others. */
export interface UnreadableRecord extends EventToDeliver {
  /** The field at fault as it is in the record, such as `death_date`; no value. */
  field: string;
  /** How the registry corrects it; no value. */
  fix: string;
}

/**
 * Shows records that cannot be read: each gets a row in `error` with its raw data, and a sentence that names the field.
 * The row has neither person, date nor identifier, so that no button in OpenSPP can apply it.
 *
 * @throws OdooError where Odoo cannot be asked: all of them are to be tried again
 */
export function showUnreadable(
  events: readonly UnreadableRecord[],
  context: BatchContext,
): Promise<Outcome[]> {
  const wanted = events.map((event) => ({ event, keys: [`unreadable ${event.reference}`] }));
  return whileHeld(wanted, context, (free) =>
    show(
      free.map(({ event }) => event),
      context,
    ),
  );
}

async function show(events: readonly UnreadableRecord[], context: BatchContext): Promise<Outcome[]> {
  const { client, writer, openspp } = context;
  const known = await findRows(client, events, []);
  const taken = new Set<number>();
  const items = events.map((event) => {
    const row = rowOf(event, known.rows, taken);
    if (row) taken.add(row.id);
    return { event, row, error: textsIn(openspp.language).row.unreadable(event.field, event.fix) };
  });
  const { done } = await writer.create(
    MODEL.event,
    items.filter(({ row }) => row === null),
    ({ event, error }) => ({ ...newRowValues(event, null, null, openspp), ...finalState(error, context) }),
  );
  const made = new Map(done.map(({ item, result }) => [item, result]));
  // What a user made of the row stays.
  const open = items.filter(({ row }) => row !== null && row.state !== 'processed');
  await writer.write(MODEL.event, open, ({ row, error }) => ({
    id: row?.id ?? 0,
    values: finalState(error, context),
  }));
  return items.map((item): Outcome => {
    const isDone = item.row?.state === 'processed';
    return {
      kind: 'delivered',
      id: item.event.id,
      outcome: isDone ? 'processed' : 'error',
      odooEventId: item.row?.id ?? made.get(item) ?? null,
      errorMessage: isDone ? null : item.error,
      notes: null,
      reason: isDone ? null : 'event.unreadable',
      unmatched: false,
    };
  });
}

/** The row that an earlier try made. */
function rowOf(
  event: UnreadableRecord,
  rows: readonly EventRow[],
  taken: ReadonlySet<number>,
): EventRow | null {
  const isOurs = (row: EventRow) =>
    row.type === event.type && row.rawData === event.rawData && !taken.has(row.id);
  return rows.find((row) => row.id === event.odooEventId && isOurs(row)) ?? rows.find(isOurs) ?? null;
}
