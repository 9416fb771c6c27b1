import { applyChanges } from './apply.ts';
import type { BatchContext, EventToDeliver, Item } from './batch.ts';
import { decideAll } from './decide.ts';
import { mergedNotes, rowKey } from './event-log.ts';
import { attachRows, createRows, finishRows, startRows } from './event-rows.ts';
import { type Match, matchEvents, NO_MATCH, severalMatchesMessage } from './matching.ts';
import type { Registrant } from './registrant.ts';
import { NO_CHANGE } from './rules/rule.ts';

/** What became of an event of the batch. */
export interface DeliveredEvent {
  id: number;
  outcome: 'processed' | 'error';
  odooEventId: number | null;
  errorMessage: string | null;
  notes: string | null;
}

export interface BatchResult {
  delivered: DeliveredEvent[];
  /** Events of a registrant, or with a key, that is in work elsewhere; to be delivered after that. */
  blocked: number[];
}

/**
 * Delivers a batch of events into OpenSPP. The number of calls does not depend on the number of events. Every step
 * finds what an earlier, interrupted try has done, so that repeating a batch ends in the same result.
 *
 * Of several events of one registrant only the first is delivered; the others are `blocked`, so that they are decided
 * with what it changed.
 *
 * @throws OdooError where Odoo cannot be asked: the whole batch is to be tried again
 */
export async function processBatch(
  events: readonly EventToDeliver[],
  context: BatchContext,
): Promise<BatchResult> {
  const { client, openspp, matching, inWork } = context;
  const held: string[] = [];
  try {
    const { matches, registrants } = await matchEvents(client, events, openspp, matching);
    const items: Item[] = [];
    const blocked: number[] = [];
    events.forEach((event, position) => {
      const item = newItem(event, matches[position] ?? { kind: 'none' }, registrants);
      const locks = locksOf(item);
      if (locks.some((lock) => inWork.has(lock))) {
        blocked.push(event.id);
        return;
      }
      for (const lock of locks) inWork.add(lock);
      held.push(...locks);
      items.push(item);
    });
    if (items.length > 0) await deliver(items, context);
    return { delivered: items.map(resultOf), blocked };
  } finally {
    for (const lock of held) inWork.delete(lock);
  }
}

function newItem(event: EventToDeliver, match: Match, registrants: ReadonlyMap<number, Registrant>): Item {
  return {
    event,
    registrant: match.kind === 'one' ? (registrants.get(match.registrantId) ?? null) : null,
    key: null,
    row: null,
    finished: false,
    change: NO_CHANGE,
    number: null,
    notes: [],
    error:
      match.kind === 'none' ? NO_MATCH : match.kind === 'several' ? severalMatchesMessage(match.leads) : null,
  };
}

/** What must not be in two hands at once: the registrant, and the row that Odoo would hold to be the same. */
function locksOf({ event, registrant }: Item): string[] {
  const key = rowKey(event.type, event.date, event.identifiers[0]);
  return [...(registrant ? [`registrant ${registrant.id}`] : []), ...(key ? [key] : [])];
}

async function deliver(items: readonly Item[], context: BatchContext): Promise<void> {
  const past = await attachRows(items, context);
  const open = items.filter(({ finished }) => !finished);
  await decideAll(open, past, context);
  await createRows(open, context);
  await startRows(open, context);
  await applyChanges(open, context);
  await finishRows(open, context);
}

function resultOf({ event, row, error, notes }: Item): DeliveredEvent {
  return {
    id: event.id,
    outcome: error === null ? 'processed' : 'error',
    odooEventId: row?.id ?? null,
    errorMessage: error,
    notes: mergedNotes(null, notes),
  };
}
