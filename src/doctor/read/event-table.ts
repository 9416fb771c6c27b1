import { randomUUID } from 'node:crypto';
import type { OdooClient, OdooValue } from '../../odoo/client.ts';
import { create, searchCount } from '../../odoo/orm.ts';
import { findRows } from '../../openspp/event-log.ts';
import type { LoggedEvent } from '../../openspp/event-row.ts';
import { MODEL } from '../../openspp/vocabulary.ts';
import { type Answer, answerOf } from './answer.ts';

/** What creating rows in the event table costs, in milliseconds per row. */
export interface CreateCost {
  /** A row with a whole key, as events have it; without a message, which costs little. */
  msPerRow: number;
  /** The part of it that OpenSPP's search for an equal row takes. */
  uniquenessMsPerRow: number;
  rowsWritten: number;
}

export interface EventTableReading {
  /** Archived ones count too: a search without an index passes over them as well. */
  rows: number;
  /** The look-up that the bridge does once a batch, for a batch of which OpenSPP has no row yet. */
  lookupMs: number;
  /** Events in that batch. */
  batchSize: number;
}

const LOOKUPS = 3;
const ROUNDS = 3;
/** Rows of one measured batch: few, since they stay. */
const BATCH_ROWS = 10;
/** Old, so that no server takes it for a date in the future. */
const DATE = '2000-01-01';
const TYPE = 'BRIDGE-DOCTOR';

/** Counts the rows and times the bridge's look-up. Changes nothing. */
export async function readEventTable(
  client: OdooClient,
  batchSize: number,
): Promise<Answer<EventTableReading>> {
  return answerOf(
    (async () => {
      const rows = await searchCount(client, MODEL.event, [['active', 'in', [true, false]]]);
      const times: number[] = [];
      for (let round = 0; round < LOOKUPS; round++) {
        times.push(await timed(() => findRows(client, unknownEvents(batchSize), [])));
      }
      const lookupMs = times.sort((a, b) => a - b)[Math.floor(LOOKUPS / 2)] ?? 0;
      return { rows, lookupMs, batchSize };
    })(),
  );
}

function unknownEvents(count: number): LoggedEvent[] {
  const run = randomUUID();
  return Array.from({ length: count }, (_, index) => ({
    type: 'birth',
    date: DATE,
    identifiers: [{ type: TYPE, value: `${run}-${index}` }],
    reference: '',
    rawData: '',
    receivedAt: Date.now(),
    odooEventId: null,
  }));
}

/**
 * Measures what a create costs, by creating: rows with a whole key, for which OpenSPP searches the table for an equal
 * one, and rows without an identifier, for which it does not. The difference is what the search costs, whatever the
 * machine. The rows are archived, so that nobody meets them and the bridge never takes them for events; its user
 * cannot delete them, so they stay.
 */
export async function measureCreate(client: OdooClient): Promise<Answer<CreateCost>> {
  const run = randomUUID();
  return answerOf(
    (async () => {
      const searched: number[] = [];
      const unsearched: number[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        unsearched.push(await timed(() => create(client, MODEL.event, measuredRows(run, null))));
        searched.push(await timed(() => create(client, MODEL.event, measuredRows(run, round))));
      }
      // The least of the rounds: what else the server did meanwhile only adds.
      const [withSearch, without] = [Math.min(...searched), Math.min(...unsearched)];
      return {
        msPerRow: withSearch / BATCH_ROWS,
        uniquenessMsPerRow: Math.max(0, withSearch - without) / BATCH_ROWS,
        rowsWritten: 2 * ROUNDS * BATCH_ROWS,
      };
    })(),
  );
}

/** @param round makes the identifiers distinct; null for rows without one */
function measuredRows(run: string, round: number | null): Record<string, OdooValue>[] {
  const note = 'Not an event: written by the doctor command of the CRVS bridge, to measure what a row costs.';
  return Array.from({ length: BATCH_ROWS }, (_, index) => ({
    // Given, as the bridge does, so that no number of a sequence is used up.
    name: 'BRIDGE-DOCTOR-MEASUREMENT',
    event_type: 'birth',
    identifier_type: TYPE,
    identifier_value: round === null ? false : `${run}-${round}-${index}`,
    event_date: DATE,
    state: 'error',
    error_message: note,
    notes: note,
    active: false,
  }));
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
