/** A command line that cannot be understood; `message` says how to fix it. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
