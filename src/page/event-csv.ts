import type { EventSummary } from '../inbox/inbox.ts';
import type { EventOperations } from '../operations/events.ts';
import { csvLine } from '../screening/csv.ts';
import { BOM } from '../screening/report.ts';
import { type Listing, sortOf } from './listing.ts';

/** Events that are in memory at once. In another order each slice looks through all that match: then they are longer. */
const [SLICE, SORTED_SLICE] = [1000, 2000];

const isoTime = (ms: number | null) => (ms === null ? '' : new Date(ms).toISOString());
const textOf = (value: string | number | null) => (value === null ? '' : String(value));

/** The columns of a list of events: what the page shows, so no personal data. */
const COLUMNS: readonly [name: string, value: (event: EventSummary) => string][] = [
  ['id', ({ id }) => String(id)],
  ['openspp_id', ({ odooEventId }) => textOf(odooEventId)],
  ['type', ({ type }) => type],
  ['date', ({ date }) => textOf(date)],
  ['state', ({ state, outcome }) => outcome ?? state],
  ['reason', ({ reason }) => textOf(reason)],
  ['received_at', ({ receivedAt }) => isoTime(receivedAt)],
  ['settled_at', ({ settledAt }) => isoTime(settledAt)],
  ['due_at', ({ dueAt }) => isoTime(dueAt)],
  ['failures', ({ attempts }) => String(attempts)],
  ['sender', ({ senderId }) => senderId],
  ['correlation_id', ({ correlationId }) => correlationId],
];

/** All events of a listing as CSV, slice by slice: no spreadsheet takes a cell for a formula. */
export async function* eventCsv(
  operations: Pick<EventOperations, 'list'>,
  { query, order, sort }: Listing,
  now: number,
): AsyncGenerator<string, void, void> {
  yield BOM + csvLine(COLUMNS.map(([name]) => name));
  const limit = sort ? SORTED_SLICE : SLICE;
  for (let last: EventSummary | undefined; ; ) {
    const events = await operations.list(query, {
      limit,
      ...(sort
        ? { sort: sortOf(sort, now, last) }
        : order === 'oldest'
          ? { order, after: last?.id }
          : { before: last?.id }),
    });
    const lines = events.map((event) => csvLine(COLUMNS.map(([, value]) => value(event))));
    if (lines.length > 0) yield lines.join('');
    last = events.at(-1);
    if (events.length < limit) return;
  }
}
