import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parse } from 'yaml';
import { connectorProblems } from '../connectors/index.ts';
import { ConfigError } from './config-error.ts';
import { settingsFromEnvironment, variableOf } from './environment.ts';
import { absoluteModules } from './extensions.ts';
import { type Settings, settingsSchema } from './schema.ts';
import type { SettingsTree } from './show.ts';

const DEFAULTS = new URL('../../config/default.yaml', import.meta.url);

type Tree = Record<string, unknown>;

/**
 * The settings: the defaults, overridden by a file, overridden by the environment.
 *
 * @param file path of a YAML (or JSON) file that names only what it changes
 * @param options `withoutUser`: the bridge's user in OpenSPP is yet to be made, and need not be named
 * @throws {ConfigError} naming the setting
 */
export function loadSettings(
  env: NodeJS.ProcessEnv,
  file?: string,
  options: { withoutUser?: boolean } = {},
): Settings {
  return loadWithSources(env, file, options).settings;
}

export interface LoadedSettings extends SettingsTree {
  settings: Settings;
}

/** The settings with where they come from. @throws {ConfigError} */
export function loadWithSources(
  env: NodeJS.ProcessEnv,
  file?: string,
  { withoutUser = false }: { withoutUser?: boolean } = {},
): LoadedSettings {
  const defaults = parse(readFileSync(DEFAULTS, 'utf8')) as Tree;
  const fromFile = file === undefined ? {} : readFile(file);
  const fromEnvironment = settingsFromEnvironment(env);
  const merged = merge(merge(defaults, fromFile), fromEnvironment);
  const result = settingsSchema.safeParse(merged);
  if (!result.success) throw new ConfigError(explain(result.error.issues));
  checkTogether(result.data, env);
  if (!withoutUser) checkUser(result.data);
  const sources: SettingsTree['sources'] = [
    { source: 'environment', tree: fromEnvironment },
    { source: 'file', tree: fromFile },
  ];
  return { settings: result.data, tree: merged, sources };
}

function readFile(file: string): Tree {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError(`the configuration file cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  let tree: unknown;
  try {
    tree = parse(text) ?? {};
  } catch (error) {
    const line = (error as { linePos?: { line: number }[] }).linePos?.[0]?.line;
    throw new ConfigError(
      `the configuration file is not YAML${line === undefined ? '' : `, see line ${line}`}`,
    );
  }
  if (!isTree(tree)) throw new ConfigError('the configuration file must hold settings by name');
  if (!('extensions' in tree)) return tree;
  return { ...tree, extensions: absoluteModules(tree.extensions, dirname(file)) };
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Groups are merged; lists and values are replaced. Aliases are a group: a file adds to them or replaces one. */
function merge(base: Tree, over: Tree): Tree {
  const merged: Tree = { ...base };
  for (const [name, value] of Object.entries(over)) {
    const below = merged[name];
    merged[name] = isTree(below) && isTree(value) ? merge(below, value) : value;
  }
  return merged;
}

function explain(
  issues: readonly { code: string; path: PropertyKey[]; message: string; keys?: string[] }[],
): string {
  return issues
    .map(({ code, path, message, keys }) => {
      const place = path.map(String).join('.');
      if (code === 'unrecognized_keys') {
        const names = (keys ?? []).map((key) => (place ? `${place}.${key}` : key));
        return `unknown setting ${names.join(', ')}; config/default.yaml lists those that there are`;
      }
      const name = variableOf(place);
      return `${place}${name ? ` (${name})` : ''}: ${message}`;
    })
    .join('; ');
}

/** What one setting means for another. */
function checkTogether(settings: Settings, env: NodeJS.ProcessEnv): void {
  const { odoo, signature, senders, server, inbox } = settings;
  if (server.role !== 'all' && inbox.url.startsWith('sqlite:')) {
    throw new ConfigError(
      `server.role (ROLE) is ${server.role}, but only one process can serve an SQLite inbox; set inbox.url (INBOX_URL) to postgres://…, or the role to all`,
    );
  }
  // A day more than the window: a timestamp without a zone may be that far off.
  const windows: [setting: string, seconds: number | null][] = [
    ['signature.max_window_seconds', signature.maxWindowSeconds],
    ...[...senders.limits].map(([senderId, { maxWindowSeconds }]): [string, number | null] => [
      `senders.by_id.${senderId}.max_window_seconds`,
      maxWindowSeconds,
    ]),
  ];
  for (const [setting, seconds] of windows) {
    if (seconds === null || inbox.retentionMs >= (seconds + 86_400) * 1000) continue;
    throw new ConfigError(
      `inbox.retention_days is less than a day above ${setting}: a message could be repeated after it was forgotten`,
    );
  }
  if (env.NODE_ENV === 'production' && signature.allowUnsigned) {
    throw new ConfigError('signature.allow_unsigned (ALLOW_UNSIGNED) is refused with NODE_ENV=production');
  }
  const [problem] = connectorProblems(settings, settings.matching.registrationNumbers);
  if (problem !== undefined) throw new ConfigError(problem);
  if (odoo.url !== null && odoo.db === null) {
    throw new ConfigError('odoo.db (ODOO_DB) is not set; name the database of OpenSPP');
  }
}

function checkUser({ odoo }: Settings): void {
  if (odoo.url === null) return;
  if (odoo.login === null)
    throw new ConfigError('odoo.login (ODOO_LOGIN) is not set; name the bridge user of OpenSPP');
  if (odoo.apiKey === null && odoo.password === null) {
    throw new ConfigError('set odoo.api_key (ODOO_API_KEY) or odoo.password (ODOO_PASSWORD)');
  }
}
