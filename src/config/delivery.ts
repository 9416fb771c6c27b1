import type { DeliverySettings } from '../delivery/delivery-loop.ts';
import type { LateMatchSettings } from '../delivery/late-matches.ts';
import type { DeathSettings } from '../openspp/batch.ts';
import type { Settings } from './schema.ts';

/** The settings for the delivery in the form that it asks for: milliseconds. */
export function deliverySettings({
  delivery,
  late_matches: late,
}: Pick<Settings, 'delivery' | 'late_matches'>): DeliverySettings {
  return {
    batchSize: {
      first: delivery.batch_size_first,
      minimum: delivery.batch_size_minimum,
      maximum: delivery.batch_size_maximum,
      targetCallMs: delivery.target_call_seconds * 1000,
    },
    concurrency: delivery.concurrency,
    backoff: {
      initialMs: delivery.backoff_initial_seconds * 1000,
      maximumMs: delivery.backoff_maximum_seconds * 1000,
    },
    unansweredGraceMs: delivery.unanswered_grace_seconds * 1000,
    pollMs: delivery.poll_seconds * 1000,
    attempts: delivery.attempts,
    matchAgainAfterMs: late.days > 0 ? late.interval_seconds * 1000 : null,
  };
}

/** What a death does besides what it always does. */
export function deathSettings({ death }: Pick<Settings, 'death'>): DeathSettings {
  return { endHouseholdPlaces: death.end_household_memberships, revocation: death.revocation };
}

/** The settings for late matches, in milliseconds. */
export function lateMatchSettings({ late_matches: late }: Pick<Settings, 'late_matches'>): LateMatchSettings {
  return {
    intervalMs: late.interval_seconds * 1000,
    maximumIntervalMs: late.maximum_interval_seconds * 1000,
    forMs: late.days * 86_400_000,
  };
}
