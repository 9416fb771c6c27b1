import { parseArgs } from 'node:util';

/** A flag of a benchmark, as its `--help` explains it. */
export type Flag =
  | { kind: 'count'; default: number; minimum?: number; maximum: number; help: string }
  | { kind: 'choice'; default: string; choices: readonly string[]; help: string }
  | { kind: 'text'; placeholder: string; help: string }
  | { kind: 'switch'; help: string };

/** What `readFlags` makes of a table of flags. */
export type FlagValues<F extends Readonly<Record<string, Flag>>> = {
  [Name in keyof F]: F[Name] extends { kind: 'count' }
    ? number
    : F[Name] extends { kind: 'choice'; choices: readonly (infer Choice)[] }
      ? Choice
      : F[Name] extends { kind: 'switch' }
        ? boolean
        : string | null;
};

/** The flags that every benchmark has. */
export const COMMON_FLAGS = {
  rounds: { kind: 'count', default: 3, maximum: 100, help: 'rounds; the figures are medians over them' },
  json: { kind: 'text', placeholder: 'FILE', help: 'write the figures there as JSON, too' },
  profile: { kind: 'text', placeholder: 'DIR', help: 'write CPU profiles of what is measured there' },
} as const satisfies Record<string, Flag>;

/** A command line that cannot be used; `message` says why. */
export class FlagError extends Error {
  override readonly name = 'FlagError';
}

/**
 * Reads the flags of a benchmark.
 *
 * @returns their values; null where `--help` was asked for and printed
 * @throws {FlagError} naming the flag
 */
export function readFlags<const F extends Readonly<Record<string, Flag>>>(
  command: string,
  about: string,
  flags: F,
  args: readonly string[] = process.argv.slice(2),
): FlagValues<F> | null {
  const values = parsed(flags, args);
  if (values.help === true) {
    process.stdout.write(helpOf(command, about, flags));
    return null;
  }
  const entries = Object.entries(flags).map(([name, flag]) => [name, flagValue(name, flag, values[name])]);
  return Object.fromEntries(entries) as FlagValues<F>;
}

function parsed(flags: Readonly<Record<string, Flag>>, args: readonly string[]): Record<string, unknown> {
  const options = Object.fromEntries(
    Object.entries(flags).map(([name, flag]) => [
      name,
      { type: flag.kind === 'switch' ? ('boolean' as const) : ('string' as const) },
    ]),
  );
  try {
    return parseArgs({ args: [...args], options: { ...options, help: { type: 'boolean', short: 'h' } } })
      .values;
  } catch (error) {
    throw new FlagError((error as Error).message);
  }
}

function flagValue(name: string, flag: Flag, given: unknown): unknown {
  if (flag.kind === 'switch') return given === true;
  if (flag.kind === 'text') return given ?? null;
  if (given === undefined) return flag.default;
  if (flag.kind === 'choice') {
    if (flag.choices.includes(String(given))) return given;
    throw new FlagError(`--${name} must be one of ${flag.choices.join(', ')}`);
  }
  const { minimum = 1, maximum } = flag;
  const value = Number(given);
  if (Number.isInteger(value) && value >= minimum && value <= maximum) return value;
  throw new FlagError(`--${name} must be a whole number from ${minimum} to ${maximum}`);
}

function helpOf(command: string, about: string, flags: Readonly<Record<string, Flag>>): string {
  const lines = Object.entries(flags).map(([name, flag]) => {
    const usage =
      flag.kind === 'switch'
        ? `--${name}`
        : flag.kind === 'text'
          ? `--${name} ${flag.placeholder}`
          : `--${name} ${flag.kind === 'choice' ? flag.choices.join('|') : 'N'}`;
    const preset = 'default' in flag ? ` (${flag.default})` : '';
    return usage.length > 28
      ? `  ${usage}\n${' '.repeat(32)}${flag.help}${preset}`
      : `  ${usage.padEnd(30)}${flag.help}${preset}`;
  });
  return `Usage: ${command} [flags]\n\n${about.trim()}\n\n${lines.join('\n')}\n`;
}
