import type { VitalEvent } from '../events/vital-event.ts';

/**
 * What an event waits by, `YYYY-MM-DD`: its date, so that the events of a person are applied in their order. A
 * correction waits by the day that it was received: after what it corrects, whichever of the two dates is earlier, and
 * after the corrections before it.
 *
 * @param receivedAt milliseconds since the epoch
 */
export function sortDateOf({ date, correction }: VitalEvent, receivedAt: number): string {
  const received = new Date(receivedAt).toISOString().slice(0, 10);
  return correction ? received : (date ?? received);
}
