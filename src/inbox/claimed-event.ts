import type { ClaimedEvent } from './event-queue.ts';
import { keptIdentifiers } from './kept-identifiers.ts';

/** An event that is being claimed, as both storages have it. */
export interface ClaimRow extends Omit<ClaimedEvent, 'identifiers' | 'body' | 'adopted' | 'correction'> {
  /** JSON. */
  identifiers: string;
  adopted: boolean | 0 | 1;
  correction: boolean | 0 | 1;
  personId: number | null;
  /** Of the body, in characters. */
  size: number;
}

/** The reason of an event whose message is gone from the inbox, or whose row is damaged. */
export const MESSAGE_LOST = 'event.message_lost';

/** Whether nothing can be delivered of it: it would be the next for ever, and keep all others waiting. */
export function isLost({ identifiers, size }: { identifiers: string; size: number | null }): boolean {
  return size === null || keptIdentifiers(identifiers) === null;
}

/** Characters of the bodies that one claim takes into memory; a single larger one goes alone. */
const BODIES_LIMIT = 16 * 1024 * 1024;

/** How many of the events, from the first, have bodies that one claim may take; at least one where there are any. */
export function fittingCount(rows: readonly Pick<ClaimRow, 'messageInboxId' | 'size'>[]): number {
  const messages = new Set<number>();
  let size = 0;
  for (const [position, row] of rows.entries()) {
    if (messages.has(row.messageInboxId)) continue;
    messages.add(row.messageInboxId);
    size += row.size;
    if (size > BODIES_LIMIT && position > 0) return position;
  }
  return rows.length;
}

/** The event without its message's body, which may be that of thousands of events. */
export function claimedOf({ size: _, personId, ...row }: ClaimRow): Omit<ClaimedEvent, 'body'> {
  const { odooEventId } = row;
  return {
    ...row,
    identifiers: keptIdentifiers(row.identifiers) ?? [],
    adopted: row.adopted && odooEventId !== null ? { odooEventId, personId } : null,
    correction: Boolean(row.correction),
  };
}
