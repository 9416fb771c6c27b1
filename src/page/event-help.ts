import { REVOKED } from '../inbox/event-actions.ts';
import type { EventSummary } from '../inbox/inbox.ts';
import { WAITS_FOR_PEOPLE } from '../openspp/apply-mode.ts';

/** Reasons of errors for which something has to be done in the event's row, or its change request, in OpenSPP. */
const IN_OPENSPP: readonly string[] = [
  REVOKED,
  'openspp.request_rejected',
  'openspp.request_sent_back',
  'openspp.request_not_applied',
];

/**
 * What helps an event in its state, for the primary button: another delivery, or a look into OpenSPP. Null where
 * nothing helps: it is processed, or on its way, or waits for something that comes by itself.
 *
 * @param canOpen whether its row in OpenSPP can be opened
 */
export function helpFor(
  { state, outcome, reason }: Pick<EventSummary, 'state' | 'outcome' | 'reason'>,
  canOpen: boolean,
): 'retry' | 'openspp' | null {
  const openspp = canOpen ? 'openspp' : null;
  if (state === 'deferred') return WAITS_FOR_PEOPLE.includes(reason ?? '') ? openspp : null;
  if (state === 'dead') return reason === REVOKED ? null : 'retry';
  if (outcome !== 'error') return null;
  return IN_OPENSPP.includes(reason ?? '') ? openspp : 'retry';
}
