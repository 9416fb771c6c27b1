import { VITAL_EVENT_TYPES } from '../events/vital-event.ts';
import type { OdooError } from '../odoo/errors.ts';
import { MODEL } from '../openspp/vocabulary.ts';
import { type Finding, ok, problem, unread, warning } from './finding.ts';
import type { Answer } from './read/answer.ts';
import type { CreateCost, EventTableReading } from './read/event-table.ts';

/** For the database administrator: Odoo's API cannot create it. Without locking the table, and harmless to repeat. */
export const INDEX_SQL =
  'CREATE INDEX CONCURRENTLY IF NOT EXISTS spp_dci_crvs_event_identifier_value_idx ON spp_dci_crvs_event (identifier_value);';

/** From here on, what the search without an index costs is more than the rest of a create. */
const MANY_ROWS = 20_000;
const SLOW_LOOKUP_MS = 50;
/** A search by an index takes less than this on any machine that Odoo runs on. */
const SLOW_SEARCH_MS = 1.5;
/** The search is what makes a create slow, not the machine. */
const SLOW_SHARE = 0.6;
/** Below this, no index would help, however slow the machine. */
const FEW_ROWS = 5_000;

const ADVICE = `the database administrator runs, once: ${INDEX_SQL}`;

/** What OpenSPP's event table costs: its search for an equal event has no index and grows with the table. */
export function checkEventTable(
  table: Answer<EventTableReading>,
  cost: Answer<CreateCost> | null,
  sequences: Answer<readonly string[]>,
): Finding[] {
  if (!table.ok) return [unread('event-table.size', 'The event table', table.error), names(sequences)];
  if (cost === null) return [size(table.value), names(sequences)];
  return [measuredSize(table.value), createCost(cost, table.value.rows), names(sequences)];
}

const ms = (value: number) => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
const count = (value: number) => value.toLocaleString('en-US');

function sizeOf({ rows, lookupMs, batchSize }: EventTableReading): string {
  return `The event table has ${count(rows)} rows; looking up a batch of ${batchSize} events takes ${ms(lookupMs)}`;
}

function size(table: EventTableReading): Finding {
  const id = 'event-table.size';
  const isSlow = table.rows >= FEW_ROWS && table.lookupMs > SLOW_LOOKUP_MS;
  if (table.rows <= MANY_ROWS && !isSlow) return ok(id, `${sizeOf(table)}.`);
  return warning(
    id,
    `${sizeOf(table)}. Without an index, OpenSPP searches all of it for every new event.`,
    `For an index, ${ADVICE} (Whether there is one already, doctor --measure-create says.)`,
  );
}

/** Where the create was measured, that decides. */
function measuredSize(table: EventTableReading): Finding {
  return ok('event-table.size', `${sizeOf(table)}.`);
}

function createCost(cost: Answer<CreateCost>, rows: number): Finding {
  const id = 'event-table.create';
  if (!cost.ok) return unmeasured(cost.error);
  const { msPerRow, uniquenessMsPerRow, rowsWritten } = cost.value;
  const found = `A new event costs ${ms(msPerRow)}, of which ${ms(uniquenessMsPerRow)} go into OpenSPP's search for an equal one (measured with ${rowsWritten} archived rows, which stay)`;
  const isSlow = uniquenessMsPerRow >= SLOW_SEARCH_MS && uniquenessMsPerRow >= SLOW_SHARE * msPerRow;
  if (rows >= FEW_ROWS && isSlow)
    return warning(id, `${found}; that grows with the table.`, `For an index, ${ADVICE}`);
  return { ...ok(id, `${found}.`), fix: `If that grows with the table: ${ADVICE}` };
}

function unmeasured(error: OdooError): Finding {
  const id = 'event-table.create';
  if (error.code === 'odoo.access') return unread(id, 'What a create costs', error);
  return problem(
    id,
    `Odoo did not create the rows of the measurement (${error.code}).`,
    "It would not create events either: look into Odoo's log for the reason.",
  );
}

function names(sequences: Answer<readonly string[]>): Finding {
  const id = 'event-table.names';
  if (!sequences.ok) return unread(id, 'The sequences', sequences.error);
  const has = (code: string) => sequences.value.includes(code);
  if (has(MODEL.event)) return ok(id, 'A sequence of OpenSPP names the events.');
  const named = VITAL_EVENT_TYPES.filter((type) => has(`${MODEL.event}.${type}`));
  if (named.length === 0) return ok(id, 'OpenSPP has no sequence for event names, so the bridge names them.');
  return ok(id, `Sequences of OpenSPP name the events of type ${named.join(', ')}, the bridge the others.`);
}
