import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parse } from 'yaml';
import { connectorProblems } from '../connectors/index.ts';
import { ConfigError } from './config-error.ts';
import { settingsFromEnvironment, variableOf } from './environment.ts';
import { absoluteModules } from './extensions.ts';
import { type Settings, settingsSchema } from './schema.ts';
import type { Source } from './show.ts';

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

/** The settings, and the trees that they were merged from, the strongest first. @throws {ConfigError} */
export function loadWithSources(
  env: NodeJS.ProcessEnv,
  file?: string,
  { withoutUser = false }: { withoutUser?: boolean } = {},
): { settings: Settings; sources: { source: Source; tree: Tree }[] } {
  const defaults = parse(readFileSync(DEFAULTS, 'utf8')) as Tree;
  const fromFile = file === undefined ? {} : readFile(file);
  const fromEnvironment = settingsFromEnvironment(env);
  const merged = merge(merge(defaults, fromFile), fromEnvironment);
  const result = settingsSchema.safeParse(merged);
  if (!result.success) throw new ConfigError(explain(result.error.issues));
  checkTogether(result.data, env);
  if (!withoutUser) checkUser(result.data);
  const sources: { source: Source; tree: Tree }[] = [
    { source: 'environment', tree: fromEnvironment },
    { source: 'file', tree: fromFile },
  ];
  return { settings: result.data, sources };
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
  const { odoo, signature, delivery, server, inbox, senders, jwks, keys } = settings;
  if (server.role !== 'all' && inbox.url.startsWith('sqlite:')) {
    throw new ConfigError(
      `server.role (ROLE) is ${server.role}, but only one process can serve an SQLite inbox; set inbox.url (INBOX_URL) to postgres://…, or the role to all`,
    );
  }
  if ((server.tls_certificate_file === null) !== (server.tls_key_file === null)) {
    throw new ConfigError('set both server.tls_certificate_file and server.tls_key_file, or neither');
  }
  if (server.tls_client_ca_file !== null && server.tls_certificate_file === null) {
    throw new ConfigError(
      'server.tls_client_ca_file needs server.tls_certificate_file and server.tls_key_file',
    );
  }
  if (server.tls_client_is_sender && server.tls_client_ca_file === null) {
    throw new ConfigError('server.tls_client_is_sender needs server.tls_client_ca_file');
  }
  if (server.max_bodies_bytes < server.max_body_bytes) {
    throw new ConfigError(
      'server.max_bodies_bytes is less than server.max_body_bytes: a message of that size would never find room',
    );
  }
  // A day more than the window: a timestamp without a zone may be that far off.
  if (settings.inbox.retention_days * 86_400 < signature.max_window_seconds + 86_400) {
    throw new ConfigError(
      'inbox.retention_days is less than a day above signature.max_window_seconds: a message could be repeated after it was forgotten',
    );
  }
  if (delivery.batch_size_minimum > delivery.batch_size_maximum) {
    throw new ConfigError('delivery.batch_size_minimum is above delivery.batch_size_maximum');
  }
  if (jwks.minimum_seconds > jwks.maximum_seconds) {
    throw new ConfigError('jwks.minimum_seconds is above jwks.maximum_seconds');
  }
  if (keys.overlap_seconds < keys.jwks_max_age_seconds) {
    throw new ConfigError(
      'keys.overlap_seconds is below keys.jwks_max_age_seconds: a sender could seal to a key that is retired',
    );
  }
  const aliases = Object.values(senders.by_id).flatMap((rule) => rule.aliases ?? []);
  if (
    new Set([...aliases, ...Object.keys(senders.by_id)]).size <
    aliases.length + Object.keys(senders.by_id).length
  ) {
    throw new ConfigError(
      'senders.by_id: an alias stands twice, or is a sender itself; a sender may speak only for itself',
    );
  }
  if (env.NODE_ENV === 'production' && signature.allow_unsigned) {
    throw new ConfigError('signature.allow_unsigned (ALLOW_UNSIGNED) is refused with NODE_ENV=production');
  }
  const [problem] = connectorProblems(settings, {
    registrationNumbers: settings.matching.registration_numbers,
  });
  if (problem !== undefined) throw new ConfigError(problem);
  if (odoo.url === null) return;
  if (odoo.db === null) throw new ConfigError('odoo.db (ODOO_DB) is not set; name the database of OpenSPP');
}

function checkUser({ odoo }: Settings): void {
  if (odoo.url === null) return;
  if (odoo.login === null)
    throw new ConfigError('odoo.login (ODOO_LOGIN) is not set; name the bridge user of OpenSPP');
  if (odoo.api_key === null && odoo.password === null) {
    throw new ConfigError('set odoo.api_key (ODOO_API_KEY) or odoo.password (ODOO_PASSWORD)');
  }
}
