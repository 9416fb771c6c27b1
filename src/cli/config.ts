import { parseArgs } from 'node:util';
import { loadWithSources } from '../config/load.ts';
import { showSettings } from '../config/show.ts';
import type { Command } from './command.ts';
import { CONFIG_OPTION } from './options.ts';
import { UsageError } from './usage-error.ts';

const USAGE = `Usage: npm run -s bridge -- config show [--config FILE] [--json]

Shows every setting as it is in force, and where it came from: default, file or environment. Secrets are not shown.
config/default.yaml explains every setting.
`;

/** Shows the settings in force. */
export const config: Command = async (args, env) => {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      ...CONFIG_OPTION,
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  if (positionals.join(' ') !== 'show') throw new UsageError(`expected: config show\n\n${USAGE}`);
  const { tree, sources } = loadWithSources(env, values.config ?? (env.CONFIG_FILE || undefined));
  const rows = showSettings(tree, sources);
  process.stdout.write(
    values.json
      ? `${JSON.stringify(rows, null, 2)}\n`
      : rows.map(({ path, value, source }) => `${path}: ${JSON.stringify(value)}  # ${source}\n`).join(''),
  );
  return 0;
};
