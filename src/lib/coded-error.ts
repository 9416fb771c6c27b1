/**
 * An error with a stable code, which programs look at. `message` is for people: it says what is wrong and how to fix
 * it, and quotes no value.
 */
export abstract class CodedError<Code extends string> extends Error {
  readonly code: Code;

  constructor(code: Code, message: string) {
    super(message);
    this.code = code;
  }
}

/** The code of an error, for the log: a message could quote anything. */
export function codeOf(error: unknown): string {
  const { code, name } = error as { code?: unknown; name?: string };
  return typeof code === 'string' ? code : (name ?? 'unknown');
}
