import { UsageError } from './command-error.ts';

/** Whether a person at a terminal can be asked. */
export function canAsk(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}

/** Questions go to standard error, so that standard output has the results alone. */
const AT_TERMINAL = { input: process.stdin, output: process.stderr };

/** The prompts; loaded where somebody is asked. */
const prompts = () => import('@inquirer/prompts');

/** Asks for a line. Rejects with an `ExitPromptError` at Ctrl-C, as the others do. */
export async function askLine(message: string, usual: string): Promise<string> {
  const { input } = await prompts();
  return (await input({ message, default: usual }, AT_TERMINAL)).trim() || usual;
}

/** Asks for a secret: what is typed shows as asterisks. */
export async function askSecret(message: string): Promise<string> {
  const { password } = await prompts();
  return password({ message, mask: '*' }, AT_TERMINAL);
}

/**
 * Asks for a yes; no is the usual answer.
 *
 * @param instead what to give on the command line where nobody can be asked
 * @throws {UsageError} where nobody can be asked
 */
export async function askYes(message: string, instead: string): Promise<boolean> {
  if (!canAsk()) throw new UsageError(`this is not a terminal, so nobody can be asked: ${instead}`);
  const { confirm } = await prompts();
  return confirm({ message, default: false }, AT_TERMINAL);
}
