import { parseArgs } from 'node:util';
import type { Registries } from '../registries/registries.ts';
import { type TestedSource, testSource } from '../registries/test-source.ts';
import { CONFIG_OPTION, settingsOf } from './options.ts';
import { printJson } from './print-value.ts';
import { withRegistries } from './registries.ts';
import type { Command } from './run-command.ts';
import { printTable } from './table.ts';
import { UsageError } from './usage-error.ts';

const USAGE = `Usage: npm run -s bridge -- sources list
       npm run -s bridge -- sources test [CODE ...]

Shows the registries that can be asked, from OpenSPP's DCI data sources and the settings, and what is missing of each;
\`test\` gets a token where one is needed and asks, signed as ever, for a number that there is not: a wrong token, key or
query shows. Of an OpenCRVS it tries the query styles, and whether our key set is where it looks for it. Exits with 1
where one of them does not answer as it should.

  --json      print JSON
  --config    a configuration file
`;

const OPTIONS = {
  ...CONFIG_OPTION,
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h' },
} as const;

const printWarnings = (warnings: readonly string[]) => {
  for (const warning of warnings) process.stdout.write(`  ! ${warning}\n`);
};

/** Shows and tests the registries that can be asked. */
export const sources: Command = async (args, env) => {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: OPTIONS });
  const [action, ...codes] = positionals;
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const isKnown = (action === 'list' && codes.length === 0) || action === 'test';
  if (!isKnown) throw new UsageError(USAGE);
  return withRegistries(settingsOf(values, env), false, ({ registries }) =>
    action === 'list' ? list(registries, values.json) : test(registries, codes, values.json),
  );
};

async function list(registries: Registries, json: boolean): Promise<number> {
  const found = await registries.sources.list();
  if (json) {
    printJson(found);
    return 0;
  }
  if (found.length === 0) process.stdout.write('no sources\n');
  else {
    printTable([
      ['code', 'type', 'dialect', 'auth', 'from', 'address'],
      ...found.map(({ code, registryType, dialect, authType, origin, baseUrl }) => [
        code,
        registryType ?? '-',
        dialect,
        authType ?? '-',
        origin,
        baseUrl ?? '-',
      ]),
    ]);
  }
  for (const { code, problem, warnings } of found) {
    if (problem !== null) process.stdout.write(`${code}: ${problem}\n`);
    printWarnings(warnings);
  }
  return 0;
}

async function test(registries: Registries, codes: string[], json: boolean): Promise<number> {
  const wanted = codes.length > 0 ? codes : (await registries.sources.list()).map(({ code }) => code);
  const tested: TestedSource[] = [];
  for (const code of wanted) tested.push(await testSource(registries, code));
  if (json) printJson(tested);
  else if (tested.length === 0) process.stdout.write('no sources\n');
  for (const { code, ok, problem, queryStyle, warnings } of json ? [] : tested) {
    const style = queryStyle === null ? '' : ` (query_style: ${queryStyle})`;
    process.stdout.write(`${ok ? '✓' : '✗'} ${code}: ${problem ?? `answers a search${style}`}\n`);
    printWarnings(warnings);
  }
  return tested.every(({ ok }) => ok) ? 0 : 1;
}
