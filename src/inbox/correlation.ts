import { randomUUID } from 'node:crypto';

/**
 * A correlation id: a UUID of version 7 (RFC 9562), which begins with its time. Ids that grow with time go to the end of
 * their index, where random ones would write to a page of their own each.
 *
 * @param receivedAt milliseconds since the epoch
 */
export function newCorrelationId(receivedAt: number): string {
  const time = Math.min(Math.max(0, Math.trunc(receivedAt)), 2 ** 48 - 1)
    .toString(16)
    .padStart(12, '0');
  // Of version 4 with the same variant: only the version and the time are put in.
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether a text has the look of a correlation id. */
export function isCorrelationId(text: string): boolean {
  return UUID.test(text);
}
