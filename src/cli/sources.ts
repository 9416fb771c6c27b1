import type { Registries } from '../registries/registries.ts';
import { type TestedSource, testSource } from '../registries/test-source.ts';
import type { CliCommand } from './cli-command.ts';
import { settingsOf } from './options.ts';
import { printJson, printTable, printText } from './output.ts';
import { withRegistries } from './registries.ts';

/** Shows and tests the registries that can be asked. */
export function sources(group: CliCommand, env: NodeJS.ProcessEnv): void {
  group.description(
    'Shows the registries that can be asked, from OpenSPP’s DCI data sources and the settings, and what is missing of each.',
  );
  group
    .command('list')
    .summary('list the sources')
    .withSettings()
    .runs((options) =>
      withRegistries(settingsOf(options, env), false, ({ registries }) => list(registries, options.json)),
    );
  group
    .command('test')
    .summary('ask each source, or those named, for a number that does not exist')
    .description(
      'Gets a token where one is needed and asks, with a signature, for a number that does not exist: a wrong token, key or query shows. For an OpenCRVS it tries the query styles, and whether our key set is where OpenCRVS looks for it. Exits with 1 where one of them does not answer as it should.',
    )
    .argument('[code...]', 'the codes of sources')
    .withSettings()
    .runs<object, [string[]]>((options, codes = []) =>
      withRegistries(settingsOf(options, env), false, ({ registries }) =>
        test(registries, codes, options.json),
      ),
    );
}

const printWarnings = (warnings: readonly string[]) => {
  for (const warning of warnings) printText(`  ! ${warning}`);
};

async function list(registries: Registries, json: boolean): Promise<number> {
  const found = await registries.sources.list();
  if (json) {
    printJson(found);
    return 0;
  }
  if (found.length === 0) printText('no sources');
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
    if (problem !== null) printText(`${code}: ${problem}`);
    printWarnings(warnings);
  }
  return 0;
}

async function test(registries: Registries, codes: string[], json: boolean): Promise<number> {
  const wanted = codes.length > 0 ? codes : (await registries.sources.list()).map(({ code }) => code);
  const tested: TestedSource[] = [];
  for (const code of wanted) tested.push(await testSource(registries, code));
  if (json) printJson(tested);
  else if (tested.length === 0) printText('no sources');
  for (const { code, ok, problem, queryStyle, warnings } of json ? [] : tested) {
    const style = queryStyle === null ? '' : ` (query_style: ${queryStyle})`;
    printText(`${ok ? '✓' : '✗'} ${code}: ${problem ?? `answers a search${style}`}`);
    printWarnings(warnings);
  }
  return tested.every(({ ok }) => ok) ? 0 : 1;
}
