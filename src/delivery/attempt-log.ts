import type { Logger } from 'pino';
import type { ClaimedEvent, Settlement } from '../inbox/inbox.ts';

/** Tells, at level debug, of each event that an attempt to deliver it begins. */
export function logAttempts(log: Logger, claimed: readonly ClaimedEvent[]): void {
  if (!log.isLevelEnabled('debug')) return;
  for (const { id, correlationId, attempts } of claimed) {
    log.debug({ event: id, correlation: correlationId, attempts }, 'an event is being delivered');
  }
}

/** Tells, at level debug, of each event what its attempt came to. */
export function logOutcomes(
  log: Logger,
  claimed: readonly ClaimedEvent[],
  settlements: readonly Settlement[],
): void {
  if (!log.isLevelEnabled('debug')) return;
  const correlations = new Map(claimed.map(({ id, correlationId }) => [id, correlationId]));
  for (const settlement of settlements) {
    const outcome = settlement.kind === 'settled' ? settlement.outcome : settlement.kind;
    const reason = settlement.kind === 'settled' ? undefined : settlement.reason;
    const { id } = settlement;
    log.debug({ event: id, correlation: correlations.get(id), outcome, reason }, 'an attempt has ended');
  }
}

/** Identities that are not known to belong to anybody, as was found for the first time. @returns the ids of their events */
export function uncorrelated(claimed: readonly ClaimedEvent[], settlements: readonly Settlement[]): number[] {
  const seen = new Set(claimed.filter(({ attempts }) => attempts > 0).map(({ id }) => id));
  return settlements.flatMap((one) =>
    one.kind === 'settled' && one.reason === 'match.transaction' && !seen.has(one.id) ? [one.id] : [],
  );
}
