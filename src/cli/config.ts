import { loadWithSources } from '../config/load.ts';
import { showSettings } from '../config/show.ts';
import type { CliCommand } from './cli-command.ts';
import { configFile } from './options.ts';
import { jsonText, printText } from './output.ts';

/** Shows the settings in force. */
export function config(group: CliCommand, env: NodeJS.ProcessEnv): void {
  group
    .command('show')
    .summary('show every setting and where it came from: default, file or environment; no secrets')
    .withSettings()
    .runs(async (options) => {
      const rows = showSettings(loadWithSources(env, configFile(options, env)));
      const lines = rows.map(({ path, value, source }) => `${path}: ${JSON.stringify(value)}  # ${source}`);
      printText(options.json ? jsonText(rows, 2) : lines.join('\n'));
      return 0;
    });
}
