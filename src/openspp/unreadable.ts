import { odooDatetime } from '../odoo/values.ts';
import type { BatchContext } from './batch.ts';
import { findRows, newRowValues } from './event-log.ts';
import type { EventRow, EventToDeliver } from './event-row.ts';
import type { BatchResult } from './process-batch.ts';
import { textsIn } from './texts/index.ts';
import { MODEL } from './vocabulary.ts';

/** A record that cannot be read, of a message that has others. */
export interface UnreadableRecord extends EventToDeliver {
  /** The field at fault as it stands in the record, such as `death_date`; no value. */
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
export async function showUnreadable(
  events: readonly UnreadableRecord[],
  context: BatchContext,
): Promise<BatchResult> {
  const { client, writer, openspp, now, holds } = context;
  const held = await holds.hold(events.map(keyOf));
  try {
    const ours = events.filter((event) => held.has(keyOf(event)));
    const known = await findRows(client, ours, []);
    const taken = new Set<number>();
    const items = ours.map((event) => {
      const row = rowOf(event, known.rows, taken);
      if (row) taken.add(row.id);
      const error = textsIn(openspp.language).row.unreadable(event.field, event.fix);
      return { event, row, error, rowId: row?.id ?? null };
    });
    const final = (error: string) => ({
      state: 'error',
      error_message: error,
      processed_date: odooDatetime(now),
      processed_by: openspp.uid,
    });
    const { done } = await writer.create(
      MODEL.event,
      items.filter(({ row }) => row === null),
      ({ event, error }) => ({ ...newRowValues(event, null, null, openspp), ...final(error) }),
    );
    for (const { item, result } of done) item.rowId = result;
    // What a user made of the row stands.
    const open = items.filter(({ row }) => row !== null && row.state !== 'processed');
    await writer.write(MODEL.event, open, ({ row, error }) => ({ id: row?.id ?? 0, values: final(error) }));
    return {
      delivered: items.map(({ event, row, error, rowId }) => {
        const isDone = row?.state === 'processed';
        return {
          id: event.id,
          outcome: isDone ? 'processed' : 'error',
          odooEventId: rowId,
          errorMessage: isDone ? null : error,
          notes: null,
          reason: isDone ? null : 'event.unreadable',
          unmatched: false,
        };
      }),
      blocked: events.filter((event) => !ours.includes(event)).map(({ id }) => id),
      changed: [],
      undecided: [],
    };
  } finally {
    await holds.free([...held]);
  }
}

const keyOf = ({ reference }: UnreadableRecord): string => `unreadable ${reference}`;

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
