import { type KeptContent, keptContent, rawDataOf } from '../events/raw-data.ts';
import type { ClaimedEvent, Settlement } from '../inbox/inbox.ts';
import { OdooError } from '../odoo/errors.ts';
import type { BatchContext, EventToDeliver } from '../openspp/batch.ts';
import { type BatchResult, processBatch } from '../openspp/process-batch.ts';
import { isTooEarly, nextUtcDay } from './future-date.ts';

export interface Delivered {
  settlements: Settlement[];
  /** How many events found their registrant, or their row, in work in another batch. */
  blocked: number;
  /** How many went through Odoo. */
  asked: number;
}

/**
 * Delivers claimed events and says what becomes of each in the inbox.
 *
 * @param nameOf the name of a sender, for `verification_source`
 * @throws OdooError where Odoo cannot be asked: all of them are to be tried again
 */
export async function deliverClaimed(
  claimed: readonly ClaimedEvent[],
  context: BatchContext,
  nameOf: (senderId: string) => string,
): Promise<Delivered> {
  const early = claimed.filter(({ date }) => isTooEarly(date, context.now));
  const due = claimed.filter((event) => !early.includes(event));
  const settlements = early.map(({ id }) => released(id, nextUtcDay(context.now), 'event.future_date'));
  if (due.length === 0) return { settlements, blocked: 0, asked: 0 };
  // A message of many records is read once, not once for each.
  const contents = new Map<number, KeptContent>();
  const events = due.map((event): EventToDeliver => {
    const content = contents.get(event.messageInboxId) ?? keptContent(event.body);
    contents.set(event.messageInboxId, content);
    return { ...event, rawData: rawDataOf(content, event.position), source: nameOf(event.senderId) };
  });
  const { delivered, blocked } = await processIsolating(events, context);
  for (const event of delivered) settlements.push({ kind: 'settled', ...event });
  for (const id of blocked) settlements.push(released(id, null, 'event.person_in_work'));
  return { settlements, blocked: blocked.length, asked: due.length };
}

/**
 * A batch that Odoo refuses as a whole (a value that it cannot even search for) is halved until the event that it
 * chokes on stands alone.
 */
async function processIsolating(
  events: readonly EventToDeliver[],
  context: BatchContext,
): Promise<BatchResult> {
  try {
    return await processBatch(events, context);
  } catch (error) {
    if (!(error instanceof OdooError) || error.code !== 'odoo.refused') throw error;
    const [only] = events;
    if (only && events.length === 1) {
      const errorMessage = error.sentence ?? error.code;
      return {
        delivered: [
          { id: only.id, outcome: 'error', odooEventId: only.odooEventId, errorMessage, notes: null },
        ],
        blocked: [],
      };
    }
    const middle = Math.ceil(events.length / 2);
    const first = await processIsolating(events.slice(0, middle), context);
    const second = await processIsolating(events.slice(middle), context);
    return {
      delivered: [...first.delivered, ...second.delivered],
      blocked: [...first.blocked, ...second.blocked],
    };
  }
}

/** An event that goes back to the inbox. */
export function released(id: number, dueAt: number | null, reason: string): Settlement {
  return { kind: 'released', id, dueAt, reason };
}
