import { ALONE_FROM, type ClaimedEvent, type Settlement } from '../inbox/inbox.ts';
import { type BackoffSettings, backoffMs } from '../lib/retry.ts';
import { released } from './deliver-claimed.ts';

export interface QuarantineSettings {
  /** Failures of its own after which an event becomes a dead letter. */
  attempts: number;
  backoff: BackoffSettings;
}

/**
 * What becomes of an event that failed alone, for a reason that may be its own: it is tried again later and later, and
 * is a dead letter in the end.
 *
 * @param reason a code without personal data
 * @param now milliseconds since the epoch
 */
export function failedAlone(
  { id, failures }: Pick<ClaimedEvent, 'id' | 'failures'>,
  reason: string,
  now: number,
  settings: QuarantineSettings,
): Settlement {
  const own = Math.max(0, failures - ALONE_FROM) + 1;
  if (own >= settings.attempts) return { kind: 'dead', id, reason };
  return released(id, now + backoffMs(own, settings.backoff), reason, 'own');
}
