/** The inbox cannot take or give now (disk full, file gone, closed). No personal data in `message`. */
export class InboxUnavailableError extends Error {
  override readonly name = 'InboxUnavailableError';
  readonly code = 'inbox.unavailable';
}

/** Why an inbox of an older bridge is not opened by what must change nothing. */
export const NOT_UPGRADED =
  'it was written by an older bridge; start this one first, which brings it up to date';
