/** A command that ends without its result; `message` says why, and holds no personal data and no secret. */
export class CommandError extends Error {
  override readonly name: string = 'CommandError';
  /** For programs, such as `usage`. */
  readonly code: string;
  readonly exitCode: number;

  constructor(code: string, message: string, exitCode = 1) {
    super(message);
    this.code = code;
    this.exitCode = exitCode;
  }
}

/** A command line that cannot be understood; `message` says how to fix it. */
export class UsageError extends CommandError {
  override readonly name = 'UsageError';

  /** How the command is used, for people. */
  readonly usage: string | undefined;

  constructor(message: string, usage?: string) {
    super('usage', message, 2);
    this.usage = usage;
  }
}
