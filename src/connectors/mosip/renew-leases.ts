import type { Logger } from 'pino';
import { DciClientError } from '../../dci/client/errors.ts';
import { backoffMs } from '../../lib/retry.ts';
import type { Lease, LeaseBook } from './leases.ts';

export interface LeaseRenewal {
  topics: readonly string[];
  /** Milliseconds before its end that a lease is renewed; at most half of it. */
  renewBeforeMs: number;
  /** Milliseconds after which a try that the hub did not confirm is made again; they double with each, up to a day. */
  intervalMs: number;
}

const LONGEST_RETRY_MS = 86_400_000;

/**
 * Asks the hub for every topic whose lease ends soon, or is over, or was never confirmed. Where the hub's address is
 * not configured, only says so in the log.
 *
 * @param subscribe null where the hub's address is not configured
 * @returns how many were asked for
 */
export async function renewLeases(
  { topics, renewBeforeMs, intervalMs }: LeaseRenewal,
  book: LeaseBook,
  subscribe: ((topic: string) => Promise<void>) | null,
  log: Logger,
  now: number,
): Promise<number> {
  let asked = 0;
  for (const lease of await book.list(topics)) {
    if (!isDue(lease, renewBeforeMs, now)) continue;
    const { topic, endsAt } = lease;
    const ends = endsAt === null ? null : new Date(endsAt).toISOString();
    if (subscribe === null) {
      // Of one that was made before leases were kept, nothing is known.
      if (endsAt !== null) log.warn({ topic, ends }, 'the subscription at MOSIP’s hub ends; renew it');
      continue;
    }
    const { askedAt, tries } = lease.renewal;
    const pause = backoffMs(Math.max(1, tries), { initialMs: intervalMs, maximumMs: LONGEST_RETRY_MS }, 1);
    if (askedAt !== null && askedAt <= now && now < askedAt + pause) continue;
    if (tries > 0) log.warn({ topic, ends, tries }, 'the subscription at MOSIP’s hub is not renewed yet');
    asked += 1;
    await book.asked(topic, now);
    try {
      await subscribe(topic);
    } catch (error) {
      const code = error instanceof DciClientError ? error.code : 'unknown';
      const hint = error instanceof DciClientError ? error.message : undefined;
      log.warn({ topic, ends, code, hint }, 'a subscription at MOSIP’s hub could not be renewed');
      await book.failed(topic, code);
    }
  }
  return asked;
}

/** Whether a lease ends soon; one whose end the hub did not say lasts until it is denied. */
export function isDue({ state, confirmedAt, endsAt }: Lease, renewBeforeMs: number, now: number): boolean {
  if (state !== 'active' || confirmedAt === null) return true;
  if (endsAt === null) return false;
  return now >= endsAt - Math.min(renewBeforeMs, Math.max(0, (endsAt - confirmedAt) / 2));
}
