import * as z from 'zod';
import { VITAL_EVENT_TYPES, type VitalEventType } from '../events/vital-event.ts';
import { APPLY_MODES, type ApplyMode, type ApplySettings } from '../openspp/apply-mode.ts';
import type { DeathSettings } from '../openspp/batch.ts';
import { section } from './section.ts';
import { count, seconds } from './values.ts';

/** The settings for the delivery; durations in milliseconds. */
export const deliverySchema = section(
  {
    batch_size_minimum: count.max(5000),
    batch_size_first: count.max(5000),
    batch_size_maximum: count.max(5000),
    target_call_seconds: seconds,
    concurrency: count.max(64),
    backoff_initial_seconds: seconds,
    backoff_maximum_seconds: seconds,
    unanswered_grace_seconds: seconds,
    poll_seconds: seconds,
    attempts: count.max(1000),
    extension_timeout_seconds: seconds.max(600),
  },
  [
    (own) => own.batch_size_minimum <= own.batch_size_maximum,
    'batch_size_minimum',
    'is above delivery.batch_size_maximum',
  ],
).transform((own) => ({
  ...own,
  batchSize: {
    first: own.batchSizeFirst,
    minimum: own.batchSizeMinimum,
    maximum: own.batchSizeMaximum,
    targetCallMs: own.targetCallMs,
  },
  backoff: { initialMs: own.backoffInitialMs, maximumMs: own.backoffMaximumMs },
}));

const mode = z.enum(APPLY_MODES);
const byEventType = z.strictObject(
  Object.fromEntries(VITAL_EVENT_TYPES.map((type) => [type, mode.optional()])) as Record<
    VitalEventType,
    z.ZodOptional<typeof mode>
  >,
);

/** How changes are applied. */
export const applySchema = section({
  mode,
  by_event_type: byEventType.transform(
    (modes) =>
      Object.fromEntries(Object.entries(modes).filter(([, one]) => one !== undefined)) as Partial<
        Record<VitalEventType, ApplyMode>
      >,
  ),
  poll_seconds: seconds.min(1).max(3600),
}) satisfies z.ZodType<ApplySettings>;

/** What a death does besides what it always does. */
export const deathSchema = z
  .strictObject({ end_household_memberships: z.boolean(), revocation: z.enum(['flag', 'undo']) })
  .transform(
    ({ end_household_memberships: endHouseholdPlaces, revocation }): DeathSettings => ({
      endHouseholdPlaces,
      revocation,
    }),
  );

/** Until when an event without a registrant is looked at again. */
export const lateMatchesSchema = z
  .strictObject({
    interval_seconds: seconds,
    maximum_interval_seconds: seconds,
    days: z.number().min(0).max(3650),
  })
  .transform((own) => ({
    intervalMs: own.interval_seconds * 1000,
    maximumIntervalMs: own.maximum_interval_seconds * 1000,
    /** 0 for never. */
    forMs: own.days * 86_400_000,
  }));
