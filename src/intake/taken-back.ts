import { keptContent, rawDataOf } from '../events/raw-data.ts';
import type { NotificationReader } from '../events/read-events.ts';
import { readRawData } from '../events/read-raw-data.ts';
import type { Identifier, VitalEvent } from '../events/vital-event.ts';
import type { EventDetails, EventSummary, Inbox, Receipt } from '../inbox/inbox.ts';

interface WithdrawDependencies {
  inbox: Pick<Inbox, 'find' | 'show' | 'withdraw'>;
  readNotification: NotificationReader;
  /** Milliseconds since the epoch. */
  clock(): number;
}

/** So many events may share one identifier before the rest is not looked at. */
const MOST_CANDIDATES = 200;

/**
 * Withdraws registrations that wait in the inbox and were taken back since: else a death that its registry revoked
 * while OpenSPP was down would be applied first, and only then be shown as revoked. It must be the same event to the
 * letter: type, sender, all identifiers, and the date where both have one. What was tried already is for the delivery
 * to judge.
 *
 * @param receipt of the message that takes it back: what came later may be a registration put in force again
 * @returns the ids of the events that were withdrawn; one that is being delivered just now is none of them
 */
export async function withdrawTakenBack(
  { inbox, readNotification: read, clock }: WithdrawDependencies,
  senderId: string,
  revoked: VitalEvent,
  receipt: Pick<Receipt, 'receivedAt' | 'events'>,
): Promise<number[]> {
  const lists: EventSummary[][] = [];
  for (const { value } of revoked.identifiers) lists.push(await inbox.find(value, MOST_CANDIDATES));
  // Registration numbers are shared by many: the identifier that the fewest have says the most.
  const [fewest = []] = lists.sort((a, b) => a.length - b.length);
  const own = new Set(receipt.events.map(({ id }) => id));
  const ids: number[] = [];
  for (const found of fewest) {
    if (found.state !== 'waiting' && found.state !== 'deferred') continue;
    if (found.attempts > 0 || found.odooEventId !== null) continue;
    if (own.has(found.id) || found.senderId !== senderId || found.receivedAt > receipt.receivedAt) continue;
    const event = await inbox.show(found.id);
    if (event && isSameEvent(event, revoked) && !isRevocation(event, read)) ids.push(event.id);
  }
  return ids.length === 0 ? [] : inbox.withdraw(ids, clock());
}

function isRevocation({ body, position, type }: EventDetails, read: NotificationReader): boolean {
  const said = readRawData(rawDataOf(keptContent(body), position), read)?.find((one) => one.type === type);
  return said?.status === 'revoked';
}

function isSameEvent(event: EventDetails, revoked: VitalEvent): boolean {
  if (event.type !== revoked.type) return false;
  if (event.date !== null && revoked.date !== null && event.date !== revoked.date) return false;
  return namesOf(event.identifiers) === namesOf(revoked.identifiers);
}

function namesOf(identifiers: readonly Identifier[]): string {
  const names = identifiers.map(({ type, value }) => JSON.stringify([type.toUpperCase(), value]));
  return [...new Set(names)].sort().join();
}
