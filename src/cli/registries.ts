import type { Settings } from '../config/schema.ts';
import { sourceSettings } from '../config/sources.ts';
import { connectOdoo } from '../odoo/connect.ts';
import { Registries } from '../registries/registries.ts';
import { CONFIG_OPTION } from './options.ts';
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

/** The registries that the settings and, where there is one, OpenSPP name. */
export function registriesOf(settings: Settings): Registries {
  const { url, db, login, api_key: apiKey, password, protocol, timeout_seconds: seconds } = settings.odoo;
  const odoo =
    url === null || db === null
      ? null
      : connectOdoo({
          url,
          db,
          login: login ?? '',
          apiKey: apiKey ?? undefined,
          password: password ?? undefined,
          protocol,
          timeoutMs: seconds * 1000,
        });
  return new Registries(sourceSettings(settings), odoo);
}

/** An argument that is a registrant's id in OpenSPP. @throws {UsageError} */
export function partnerId(text: string | undefined): number {
  if (!/^[1-9]\d{0,9}$/.test(text ?? '')) throw new UsageError('the registrant: expected an id of OpenSPP');
  return Number(text);
}
