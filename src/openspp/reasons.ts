/**
 * Why an event is not processed, as a code for lists, filters and metrics. Without personal data, and the same in every
 * language.
 */
export const EVENT_REASONS = [
  /** None of its identifiers is known. */
  'match.none',
  /** The registrant with its identifier is archived. */
  'match.archived',
  /** The registrant with its identifier belongs to a company or an area that the bridge's user does not see. */
  'match.hidden',
  /** The record with its identifier is a group or a contact. */
  'match.not_registrant',
  /** An identity system said by a transaction alone whose numbers they are, and no birth with it is known. */
  'match.transaction',
  /** The registry sent no identifier. */
  'match.no_identifier',
  /** The registrant that an identifier leads to has another value of a more trusted type. */
  'match.contradiction',
  /** What it says cannot be, such as a death before the birth. */
  'event.implausible',
  /** Its record cannot be read. */
  'event.unreadable',
  /** The registry has taken it back after it was applied. */
  'event.revoked',
  /** Its identifiers lead to different registrants. */
  'match.several',
  /** A country's own matching could not decide. */
  'match.extension',
  /** OpenSPP refused what was to be written. */
  'openspp.refused',
  /** OpenSPP lacks what the event type needs, such as a code of the civil status. */
  'openspp.missing',
  /** A reviewer rejected a change request of it. */
  'openspp.request_rejected',
  /** A reviewer sent a change request of it back, or a user reset one to draft. */
  'openspp.request_sent_back',
  /** A change request of it was approved, and applying it failed. */
  'openspp.request_not_applied',
  /** OpenSPP refused to make or to submit a change request of it. */
  'openspp.request_refused',
  /** OpenSPP has no type of change request for what it changes. */
  'openspp.no_request_type',
  /** Its row in OpenSPP was archived or deleted. */
  'openspp.row_gone',
  /** What a country's extension adds failed. */
  'extension.failed',
  /** A fault of the bridge. */
  'bridge.internal',
] as const;
export type EventReason = (typeof EVENT_REASONS)[number];
