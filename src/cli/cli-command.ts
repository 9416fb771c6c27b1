import { Command, Help, type Option } from 'commander';
import { UsageError } from './command-error.ts';

/** Lines longer than this are hard to read, however wide the terminal is. */
const WIDEST = 100;
/** Columns that a description needs beside its term; where there are fewer, it goes below the term. */
const BESIDE = 40;

/** What every command can be asked. */
export interface CommonOptions {
  json: boolean;
  config?: string;
}

/** A command of the command line: its errors name the fix and show how it is used, and its work gives the exit code. */
export class CliCommand extends Command {
  /** Of the work that ran; of the top command alone. */
  exitCode = 0;

  override createCommand(name?: string): CliCommand {
    return new CliCommand(name);
  }

  override createHelp(): Help {
    return Object.assign(new CliHelp(), this.configureHelp());
  }

  /** A command with subcommands that was called without one. */
  override help(context?: { error: boolean } | ((text: string) => string)): never {
    if (typeof context !== 'object' || !context.error) super.help({ error: false });
    throw new UsageError(`name one of ${this.#subcommands()}`, `\n${this.helpInformation().trimEnd()}`);
  }

  #subcommands(): string {
    return this.createHelp()
      .visibleCommands(this)
      .map((command) => command.name())
      .filter((name) => name !== 'help')
      .map((name) => (this.parent ? `${this.name()} ${name}` : name))
      .join(', ');
  }

  override error(message: string): never {
    const isUnknown = message.startsWith('error: unknown command');
    const sentence = isUnknown ? unknownCommand(message, this.#subcommands()) : withoutValues(message);
    throw new UsageError(sentence, `Usage: ${this.createHelp().commandUsage(this)}`);
  }

  /** Lets the command be called with a configuration file. */
  withSettings(): this {
    return this.option('--config <file>', 'a configuration file (CONFIG_FILE)');
  }

  /**
   * What the command does.
   *
   * @param work takes the options and the arguments; gives the exit code
   */
  runs<Options, Args extends unknown[] = []>(
    work: (options: Options & CommonOptions, ...args: Args) => Promise<number>,
  ): this {
    return this.action(async (...given: unknown[]) => {
      const args = given.slice(0, this.registeredArguments.length) as Args;
      let top: CliCommand = this;
      while (top.parent) top = top.parent as CliCommand;
      top.exitCode = await work(this.optsWithGlobals(), ...args);
    });
  }
}

/** Columns for help; a terminal that does not say its width has none. */
export const helpWidth = (columns: number | undefined): number => Math.min(columns || 80, WIDEST);

/** What was typed may be an identifier of a person: only names of options and commands stay. */
function withoutValues(message: string): string {
  return message
    .replace(/^error: /, '')
    .replace(/: [^:]*\.$/, '')
    .replace(/(unknown option '-[^=']*)=.*?'/s, "$1'");
}

function unknownCommand(message: string, known: string): string {
  const [suggestion] = /\(Did you mean .*\?\)$/.exec(message) ?? [`name one of ${known}`];
  return `there is no command of that name\n${suggestion}`;
}

/** Help that breaks no words, and shows the options that all commands have. */
class CliHelp extends Help {
  override minWidthToWrap = 1;
  override showGlobalOptions = true;

  override prepareContext(context: Parameters<Help['prepareContext']>[0]): void {
    super.prepareContext(context);
    this.helpWidth = helpWidth(this.helpWidth);
  }

  override visibleGlobalOptions(command: Command): Option[] {
    return super.visibleGlobalOptions(command).filter(({ long }) => long !== '--version');
  }

  /** The values that an option takes are in our descriptions. */
  override optionDescription({ description, defaultValue }: Option): string {
    const isShown = typeof defaultValue === 'string' || typeof defaultValue === 'number';
    return isShown ? `${description} (default: ${defaultValue})` : description;
  }

  override styleUsage(usage: string): string {
    return this.boxWrap(usage, (this.helpWidth ?? 80) - 'Usage: '.length).replaceAll('\n', '\n         ');
  }

  override formatItem(term: string, termWidth: number, description: string, helper: Help): string {
    const width = this.helpWidth ?? 80;
    if (width - termWidth - 4 >= BESIDE) return super.formatItem(term, termWidth, description, helper);
    const lines = description === '' ? [] : helper.boxWrap(description, width - 6).split('\n');
    return [`  ${helper.boxWrap(term, width - 2)}`, ...lines.map((line) => `      ${line}`)].join('\n');
  }
}
