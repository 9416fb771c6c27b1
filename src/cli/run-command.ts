import { CommanderError } from 'commander';
import { ConfigError } from '../config/config-error.ts';
import { DciClientError } from '../dci/client/errors.ts';
import { ExtensionLoadError } from '../extensions/load-error.ts';
import { TlsFilesError } from '../http/tls.ts';
import { InboxUnavailableError } from '../inbox/inbox.ts';
import { OwnKeyError } from '../keys/own-key.ts';
import { OdooError } from '../odoo/errors.ts';
import { OdooSettingsError } from '../odoo/settings.ts';
import { RegistriesError } from '../registries/errors.ts';
import { ScreeningError } from '../screening/plan.ts';
import { CommandError, UsageError } from './command-error.ts';
import { printJson, say } from './output.ts';
import { programFor } from './program.ts';

/**
 * Runs the command that the arguments name. With `--json`, an error is one object on standard output, where the result
 * would be; else a sentence on standard error.
 *
 * @returns the exit code: 0 done, 1 the command's own "no", 2 a command line or a setting that cannot be used, 3 a
 *   registry's answer is not known, 130 stopped at a question
 * @throws a fault of the program, which should show itself
 */
export async function runCommand(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  try {
    const program = await programFor(argv, env);
    await program.parseAsync(argv, { from: 'user' });
    return program.exitCode;
  } catch (error) {
    // Help and version were printed.
    if (error instanceof CommanderError) return error.exitCode;
    const known = explain(error);
    if (known === null) throw error;
    const { code, message, exitCode } = known;
    if (argv.includes('--json')) printJson({ error: { code, message } });
    else say(error instanceof UsageError && error.usage ? `${message}\n${error.usage}` : message);
    return exitCode;
  }
}

/** An error that a person can correct; null for a fault of the program. */
function explain(error: unknown): CommandError | null {
  if (error instanceof CommandError) return error;
  if (
    error instanceof ConfigError ||
    error instanceof ExtensionLoadError ||
    error instanceof OwnKeyError ||
    error instanceof OdooSettingsError ||
    error instanceof TlsFilesError ||
    error instanceof RegistriesError ||
    error instanceof ScreeningError
  ) {
    return new CommandError(codeOf(error) ?? 'settings', error.message, 2);
  }
  if (error instanceof OdooError) {
    const sentence =
      error.code === 'openspp.other'
        ? 'this is another OpenSPP than the one of the inbox; `crvs-bridge openspp show` says what to do'
        : `${error.message}; \`crvs-bridge doctor\` says what is wrong`;
    return new CommandError(error.code, sentence, 2);
  }
  if (error instanceof DciClientError) {
    const { code, message, registryMessage } = error;
    const words = registryMessage === undefined ? '' : `\nthe registry says: ${registryMessage}`;
    return new CommandError(code, `${message}${words}`, 2);
  }
  if (error instanceof InboxUnavailableError) {
    return new CommandError('inbox.unavailable', `the inbox cannot be used: ${error.message}`, 2);
  }
  // What the prompts throw at Ctrl-C.
  if (error instanceof Error && error.name === 'ExitPromptError') {
    return new CommandError('stopped', 'stopped; nothing was made', 130);
  }
  const code = codeOf(error);
  if (code === 'EADDRINUSE') {
    return new CommandError(code, 'the port is taken by another program; set another PORT', 2);
  }
  if (code === 'EACCES') {
    return new CommandError(code, 'not allowed to listen on that port, or to write there', 2);
  }
  return null;
}

function codeOf(error: unknown): string | undefined {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : undefined;
}
