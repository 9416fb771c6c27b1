/** The inbox cannot take or give now (disk full, file gone, closed). No personal data in `message`. */
export class InboxUnavailableError extends Error {
  override readonly name = 'InboxUnavailableError';
  readonly code = 'inbox.unavailable';
}
