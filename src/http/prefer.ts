const MAXIMUM_SECONDS = 30;

/**
 * The seconds that a client is ready to wait (RFC 7240, `Prefer: wait=N`), at most 30; 0 where it did not ask. A
 * preference that cannot be read is ignored, as the RFC says.
 */
export function preferredWait(header: string | undefined): number {
  for (const preference of header?.split(',') ?? []) {
    const seconds = /^\s*wait\s*=\s*"?(\d{1,9})"?\s*(?:;|$)/i.exec(preference)?.[1];
    // The first one counts.
    if (seconds !== undefined) return Math.min(Number(seconds), MAXIMUM_SECONDS);
  }
  return 0;
}
