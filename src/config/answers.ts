import type { RenewalSettings } from '../registries/renewal.ts';
import type { Settings } from './schema.ts';

const DAY_MS = 86_400_000;

/** How long answers are kept, and how often they are looked for: milliseconds. */
export function answerSettings({ answers }: Pick<Settings, 'answers'>): { keepMs: number; pollMs: number } {
  return { keepMs: answers.keep_days * DAY_MS, pollMs: answers.poll_seconds * 1000 };
}

/** When subscriptions are renewed: milliseconds. */
export function renewalSettings({ subscriptions }: Pick<Settings, 'subscriptions'>): RenewalSettings {
  return {
    beforeMs: subscriptions.renew_before_seconds * 1000,
    retryMs: subscriptions.interval_seconds * 1000,
  };
}
