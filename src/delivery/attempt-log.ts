import type { Logger } from 'pino';
import type { ClaimedEvent, Settlement } from '../inbox/inbox.ts';

/** Logs, at level debug, that an attempt to deliver each of these events begins. */
export function logAttempts(log: Logger, claimed: readonly ClaimedEvent[]): void {
  for (const { id, correlationId, attempts } of claimed) {
    log.debug({ event: id, correlation: correlationId, attempts }, 'an event is being delivered');
  }
}

/** Logs, at level debug, what the attempt of each event came to. */
export function logOutcomes(
  log: Logger,
  claimed: readonly ClaimedEvent[],
  settlements: readonly Settlement[],
): void {
  if (!log.isLevelEnabled('debug')) return;
  const correlations = new Map(claimed.map(({ id, correlationId }) => [id, correlationId]));
  for (const settlement of settlements) {
    const { id, kind } = settlement;
    const ended =
      kind === 'settled' ? { outcome: settlement.outcome } : { outcome: kind, reason: settlement.reason };
    log.debug({ event: id, correlation: correlations.get(id), ...ended }, 'an attempt has ended');
  }
}

/** Identities that are not known to belong to anybody, as was found for the first time. @returns the ids of their events */
export function uncorrelated(claimed: readonly ClaimedEvent[], settlements: readonly Settlement[]): number[] {
  const seen = new Set(claimed.filter(({ attempts }) => attempts > 0).map(({ id }) => id));
  return settlements.flatMap((one) =>
    one.kind === 'settled' && one.reason === 'match.transaction' && !seen.has(one.id) ? [one.id] : [],
  );
}
