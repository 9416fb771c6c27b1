import { parseArgs } from 'node:util';
import { settingsOf } from './options.ts';
import { printReply, REGISTRY_OPTIONS, withRegistries } from './registries.ts';
import type { Command } from './run-command.ts';
import { UsageError } from './usage-error.ts';

const USAGE = `Usage: npm run -s bridge -- answers TRANSACTION

Shows what came for a question that a registry was asked asynchronously (--async --no-wait, or async at /api), from the
inbox at INBOX_URL. Exits with 3 where a look-up's answer is not known: it is not there yet, was refused, cannot be
understood, or is about somebody else; with 1 where nothing was asked by this transaction.

  --wait N    wait up to N seconds for it
  --json      print JSON
  --config    a configuration file
`;

const { config, json, help } = REGISTRY_OPTIONS;

/** Shows the answer to a question that was asked asynchronously. */
export const answers: Command = async (args, env) => {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { config, json, help, wait: { type: 'string', default: '0' } },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const [transaction, ...more] = positionals;
  if (transaction === undefined || more.length > 0) throw new UsageError(USAGE);
  if (!/^\d{1,5}$/.test(values.wait)) throw new UsageError('--wait takes whole seconds');
  return withRegistries(settingsOf(values, env), true, async ({ kept }) => {
    if (!kept) throw new UsageError('there is no inbox at INBOX_URL');
    return printReply(await kept.lookups.answer(transaction, Number(values.wait) * 1000), values.json, null);
  });
};
