import type { Identifier, VitalEvent } from '../events/vital-event.ts';
import type { EventDetails, Inbox } from '../inbox/inbox.ts';

/** So many events may share one identifier before the rest is not looked at. */
const MOST_CANDIDATES = 200;

/**
 * Sets aside what waits in the inbox, or waits to be matched again, and was taken back since: else a death that its
 * registry revoked while OpenSPP was down would still disable the registrant. It must be the same event to the letter:
 * type, sender, all identifiers, and the date where both have one.
 *
 * @param receivedAt of the message that takes it back: whatever came later may be a registration put in force again
 * @returns the ids of the events that were set aside; one that is being delivered just now is none of them
 */
export async function setAsideTakenBack(
  inbox: Pick<Inbox, 'find' | 'show' | 'setAside'>,
  senderId: string,
  revoked: VitalEvent,
  receivedAt: number,
): Promise<number[]> {
  const [first] = revoked.identifiers;
  if (!first) return [];
  const ids: number[] = [];
  for (const found of await inbox.find(first.value, MOST_CANDIDATES)) {
    const isOpen = found.state === 'waiting' || found.state === 'deferred' || found.outcome === 'error';
    if (!isOpen || found.senderId !== senderId || found.receivedAt > receivedAt) continue;
    const event = await inbox.show(found.id);
    if (event && isSameEvent(event, revoked)) ids.push(event.id);
  }
  return ids.length === 0 ? [] : inbox.setAside(ids);
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
