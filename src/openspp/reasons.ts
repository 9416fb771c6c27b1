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
  /** The registry sent no identifier. */
  'match.no_identifier',
  /** Its identifiers lead to different registrants. */
  'match.several',
  /** A country's own matching could not decide. */
  'match.extension',
  /** OpenSPP refused what was to be written. */
  'openspp.refused',
  /** OpenSPP lacks what the event type needs, such as a code of the civil status. */
  'openspp.missing',
  /** Its row in OpenSPP was archived or deleted. */
  'openspp.row_gone',
  /** What a country's extension adds failed. */
  'extension.failed',
  /** A fault of the bridge. */
  'bridge.internal',
] as const;
export type EventReason = (typeof EVENT_REASONS)[number];
