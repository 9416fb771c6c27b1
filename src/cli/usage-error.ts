/** A command line that cannot be understood; `message` says how to mend it. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
