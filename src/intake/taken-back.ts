import { stampOf, wasSentBefore } from '../events/message-stamp.ts';
import { keptContent } from '../events/raw-data.ts';
import type { NotificationReader } from '../events/read-events.ts';
import { type ReadAgain, readAgain } from '../events/read-raw-data.ts';
import type { Identifier, VitalEvent } from '../events/vital-event.ts';
import type { EventDetails, EventSummary, Inbox, Receipt } from '../inbox/inbox.ts';

interface WithdrawDependencies {
  inbox: Pick<Inbox, 'find' | 'show' | 'withdraw'>;
  readNotification: NotificationReader;
  /** The upper-case types of registration numbers, which many people may share; none where left out. */
  registrationNumbers?: Readonly<Record<string, ReadonlySet<string>>> | undefined;
  /** Milliseconds since the epoch. */
  clock(): number;
}

/** So many events may share one identifier before the rest is not looked at. */
const MOST_CANDIDATES = 200;
/** So often the inbox is asked for one message: its sender waits for the acknowledgement meanwhile. */
const MOST_QUESTIONS = 1000;

/**
 * Withdraws registrations that wait in the inbox and were taken back since: else a death that its registry revoked
 * while OpenSPP was down would be applied first, and only then be shown as revoked. It must be the same event to the
 * letter: type, sender, all identifiers, and the date where both have one. Offices start their registration numbers
 * again, so one of these alone says nobody. That, what was tried already, and what is left of a message that takes
 * hundreds back, is for the delivery to judge.
 *
 * @param receipt of the message that takes them back: what came or was sent later may be a registration put in force again
 * @returns the ids of the events that were withdrawn; one that is being delivered just now is none of them
 */
export async function withdrawTakenBack(
  { inbox, readNotification, registrationNumbers = {}, clock }: WithdrawDependencies,
  senderId: string,
  revoked: readonly VitalEvent[],
  receipt: Pick<Receipt, 'receivedAt' | 'events'>,
): Promise<number[]> {
  const numbers = Object.values(registrationNumbers);
  const isRevocation = revocations(readNotification);
  const own = new Set(receipt.events.map(({ id }) => id));
  const [first] = receipt.events;
  const stamp = stampOf((first && (await inbox.show(first.id)))?.body ?? null);
  const ids = new Set<number>();
  let questions = 0;
  for (const one of revoked) {
    if (questions > MOST_QUESTIONS) break;
    const lists: EventSummary[][] = [];
    for (const { type, value } of one.identifiers) {
      if (numbers.some((types) => types.has(type.toUpperCase()))) continue;
      lists.push(await inbox.find(value, MOST_CANDIDATES));
      questions += 1;
    }
    // The identifier that the fewest have says the most.
    const [fewest = []] = lists.sort((a, b) => a.length - b.length);
    for (const found of fewest) {
      if (found.state !== 'waiting' && found.state !== 'deferred') continue;
      if (found.attempts > 0 || found.odooEventId !== null) continue;
      if (own.has(found.id) || found.senderId !== senderId || found.receivedAt > receipt.receivedAt) continue;
      const event = await inbox.show(found.id);
      questions += 1;
      if (!event || !isSameEvent(event, one) || isRevocation(event)) continue;
      // Messages overtake each other where one is sent again.
      if (wasSentBefore(stamp, stampOf(event.body)) !== true) ids.add(event.id);
    }
  }
  return ids.size === 0 ? [] : inbox.withdraw([...ids], clock());
}

/** Whether an event is a revocation itself, by its message; one that many events came with is read once. */
function revocations(read: NotificationReader): (event: EventDetails) => boolean {
  let last: { body: string; said: ReadAgain } | undefined;
  return ({ body, position }) => {
    if (last?.body !== body) last = { body, said: readAgain(keptContent(body), read) };
    return last.said.eventAt(position)?.status === 'revoked';
  };
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
