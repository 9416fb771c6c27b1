import type { Identifier } from '../events/vital-event.ts';

/**
 * The identifiers of an event as the inbox keeps them; null where the row was damaged. No error is thrown, for it would
 * quote them, and stop what is done for many events at once.
 */
export function keptIdentifiers(json: string): Identifier[] | null {
  try {
    const read: unknown = JSON.parse(json);
    const isWhole = Array.isArray(read) && read.every((one) => typeof one?.value === 'string');
    return isWhole ? (read as Identifier[]) : null;
  } catch {
    return null;
  }
}
