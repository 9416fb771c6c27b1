import { parseArgs } from 'node:util';
import { odooClient } from '../bridge.ts';
import type { Settings } from '../config/schema.ts';
import { sourceSettings } from '../config/sources.ts';
import { Registries } from '../registries/registries.ts';
import { CONFIG_OPTION, settingsOf } from './options.ts';
import type { Command } from './run-command.ts';
import { UsageError } from './usage-error.ts';

/** The options of all commands that ask registries. */
export const REGISTRY_OPTIONS = {
  ...CONFIG_OPTION,
  source: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h' },
} as const;

export const REGISTRY_OPTIONS_HELP = `
  --source    the source's code, other than that
  --json      print JSON
  --config    a configuration file
`;

/** What the arguments ask of a service; gives the exit code. */
export type Work<Service> = (service: Service) => Promise<number>;

/**
 * A command that asks one of the registries.
 *
 * @param workOf what the arguments ask; null where they are not understood
 * @param serviceOf the service, at the source that was named
 */
export function registryCommand<Service>(
  usage: string,
  workOf: (positionals: string[], json: boolean) => Work<Service> | null,
  serviceOf: (registries: Registries, source: string | undefined) => Service | Promise<Service>,
): Command {
  return async (args, env) => {
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options: REGISTRY_OPTIONS });
    if (values.help) {
      process.stdout.write(usage);
      return 0;
    }
    const work = workOf(positionals, values.json);
    if (!work) throw new UsageError(usage);
    return work(await serviceOf(registriesOf(settingsOf(values, env)), values.source));
  };
}

/** The registries that the settings and, where there is one, OpenSPP name. */
export function registriesOf(settings: Settings): Registries {
  const { url, db, login, api_key: apiKey, password } = settings.odoo;
  const odoo =
    url === null || db === null
      ? null
      : odooClient(settings, { url, db, login: login ?? '', apiKey, password });
  return new Registries(sourceSettings(settings), odoo);
}

/** An argument that is a registrant's id in OpenSPP. @throws {UsageError} */
export function partnerId(text: string | undefined): number {
  if (!/^[1-9]\d{0,9}$/.test(text ?? '')) throw new UsageError('the registrant: expected an id of OpenSPP');
  return Number(text);
}
