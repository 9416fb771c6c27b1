import type { InboxEvent } from '../events/identity-event.ts';

/**
 * What an event waits by, `YYYY-MM-DD`: its date, so that the events of a person are applied in their order. A
 * correction waits by the day that it was received: after what it corrects, whichever of the two dates is earlier, and
 * after the corrections before it.
 *
 * @param receivedAt milliseconds since the epoch
 */
export function sortDateOf(date: string | null, correction: boolean, receivedAt: number): string {
  return date === null || correction ? new Date(receivedAt).toISOString().slice(0, 10) : date;
}

/** Whether an event corrects an earlier one; what is said of an identity never does. */
export function isCorrection(event: InboxEvent): boolean {
  return event.type !== 'identity' && event.correction === true;
}
