import type { DeliverySettings } from '../delivery/delivery-loop.ts';
import type { Settings } from './schema.ts';

/** The settings for the delivery in the form that it asks for: milliseconds. */
export function deliverySettings({ delivery }: Pick<Settings, 'delivery'>): DeliverySettings {
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
  };
}
