import type { CliCommand } from './cli-command.ts';
import { UsageError } from './command-error.ts';
import { settingsOf } from './options.ts';
import { printReply, withRegistries } from './registries.ts';
import { numberOption } from './values.ts';

/** Shows the answer to a question that was asked asynchronously. */
export function answers(command: CliCommand, env: NodeJS.ProcessEnv): void {
  command
    .description(
      'Shows what came for a question that a registry was asked asynchronously (--async --no-wait, or async at /api), from the inbox at INBOX_URL. Exits with 3 where the answer of a look-up is not known: it is not there yet, was refused, cannot be understood, or is about another person; with 1 where nothing was asked by this transaction.',
    )
    .argument('<transaction>', 'which the question printed')
    .addOption(numberOption('--wait <seconds>', 'wait so long for the answer', 99_999))
    .withSettings()
    .runs<{ wait?: number }, [string]>((options, transaction) =>
      withRegistries(settingsOf(options, env), true, async ({ kept }) => {
        if (!kept) throw new UsageError('there is no inbox at INBOX_URL');
        return printReply(
          await kept.lookups.answer(transaction, (options.wait ?? 0) * 1000),
          options.json,
          null,
        );
      }),
    );
}
