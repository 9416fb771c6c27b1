import type { EventStatus } from './event-status.ts';

/** What an operator may do with an event: have it delivered again, or set it aside. */
export type EventAction = 'retry' | 'set_aside';

/** The reason of an event that an operator set aside. */
const SET_ASIDE = 'event.set_aside';
/** The reason of an event that its registry took back after it was applied. */
export const REVOKED = 'event.revoked';
/** The reason of an event that waits because OpenSPP is another one than the inbox's, or that came from that one. */
const OTHER_OPENSPP = 'openspp.other';
/** The reason of an event that its registry took back before it was delivered. */
export const WITHDRAWN = 'event.withdrawn';

/**
 * Which events the storage changes, as a condition on its columns. What was taken back before it was delivered is never
 * delivered: it would be applied to a registrant.
 */
export const MAY_CHANGE: Readonly<Record<EventAction, string>> = {
  retry: `state IN ('settled', 'deferred', 'dead') AND coalesce(reason, '') <> '${WITHDRAWN}'
    AND NOT (state = 'dead' AND coalesce(reason, '') = '${REVOKED}')`,
  set_aside: "(state IN ('waiting', 'deferred') OR outcome = 'error')",
};

/** An event as somebody saw it when they decided to change it; what is left out may be anything. */
export interface SeenEvent {
  id: number;
  state?: EventStatus['state'];
  outcome?: EventStatus['outcome'];
  reason?: string | null;
}

/** Which column has what somebody saw; null where that may be anything. The empty text is no reason. */
export interface SeenColumns {
  id: number;
  state: string | null;
  outcome: string | null;
  reason: string | null;
}

/** What the storage compares with the event, in the statement that changes it. An id alone is that event, whatever it is. */
export function seenColumns(seen: number | SeenEvent): SeenColumns {
  const { id, state = null, outcome = null, reason } = typeof seen === 'number' ? { id: seen } : seen;
  return { id, state, outcome, reason: reason === undefined ? null : (reason ?? '') };
}

/** What an event has once it waits again. SQL. */
export const AS_NEW = `state = 'waiting', outcome = NULL, settled_at = NULL, error_message = NULL, notes = NULL,
  due_at = NULL, match_at = NULL, failures = 0, reason = NULL`;

/** What an event has once it is set aside; what was taken back stays so. SQL. */
export const ASIDE = `state = 'dead', outcome = NULL, settled_at = NULL, due_at = NULL, match_at = NULL,
  reason = CASE WHEN reason = '${REVOKED}' THEN reason ELSE '${SET_ASIDE}' END`;

/** What becomes of an event whose row id is forgotten; one that was read from that row is no registry's word. SQL. */
export const FORGOTTEN_ROW = `odoo_event_id = NULL, person_id = NULL,
  state = CASE WHEN adopted AND state IN ('waiting', 'deferred') THEN 'dead' ELSE state END,
  due_at = CASE WHEN adopted THEN NULL ELSE due_at END, match_at = CASE WHEN adopted THEN NULL ELSE match_at END,
  reason = CASE WHEN adopted AND state IN ('waiting', 'deferred') THEN '${OTHER_OPENSPP}' ELSE reason END`;

/** Why an operator's action leaves an event as it is; `changed`: something else changed it at the same time. */
export const SKIP_REASONS = [
  'not_found',
  'waiting',
  'delivering',
  'processed',
  'dead',
  'taken_back',
  'changed',
] as const;
export type SkipReason = (typeof SKIP_REASONS)[number];

/**
 * The one rule for operators. It is narrower than what the storage allows: an error that asks a caseworker to undo an
 * event that was taken back does not go away by a retry.
 *
 * @returns why the action leaves the event as it is; null where it changes the event
 */
export function whyNot(
  action: EventAction,
  { state, outcome, reason }: Pick<EventStatus, 'state' | 'outcome'> & { reason: string | null },
): SkipReason | null {
  if (state === 'delivering') return 'delivering';
  if (action === 'retry') {
    if (state === 'waiting') return 'waiting';
    return reason === REVOKED || reason === WITHDRAWN ? 'taken_back' : null;
  }
  if (state === 'dead') return 'dead';
  return outcome === 'processed' ? 'processed' : null;
}
