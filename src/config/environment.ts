import { readFileSync } from 'node:fs';
import type { Variable } from '../connectors/connector.ts';
import { CONNECTOR_VARIABLES } from '../connectors/index.ts';
import { ConfigError } from './config-error.ts';
import { modulesFromVariable } from './extensions.ts';
import { sourceSecrets } from './source-secrets.ts';

/** The settings that the environment may give, by variable; each also as `NAME_FILE`. */
const VARIABLES: Readonly<
  Record<string, { path: readonly [string, string]; kind?: Variable['kind'] | undefined }>
> = {
  HOST: { path: ['server', 'host'] },
  PORT: { path: ['server', 'port'], kind: 'integer' },
  ADMIN_TOKEN: { path: ['server', 'admin_token'] },
  ROLE: { path: ['server', 'role'] },
  INBOX_URL: { path: ['inbox', 'url'] },
  ODOO_URL: { path: ['odoo', 'url'] },
  ODOO_DB: { path: ['odoo', 'db'] },
  ODOO_LOGIN: { path: ['odoo', 'login'] },
  ODOO_API_KEY: { path: ['odoo', 'api_key'] },
  ODOO_API_KEY_EXPIRES: { path: ['odoo', 'api_key_expires'] },
  ODOO_PASSWORD: { path: ['odoo', 'password'] },
  ODOO_PROTOCOL: { path: ['odoo', 'protocol'] },
  KEYS_DIR: { path: ['keys', 'directory'] },
  SIGNING_KEY: { path: ['keys', 'signing_key'] },
  ENCRYPTION_KEY: { path: ['keys', 'encryption_key'] },
  HEALTH_LISTEN: { path: ['server', 'health_listen'] },
  METRICS_LISTEN: { path: ['metrics', 'listen'] },
  METRICS_TOKEN: { path: ['metrics', 'token'] },
  LOG_LEVEL: { path: ['log', 'level'] },
  ...CONNECTOR_VARIABLES,
};

/** Settings from the environment, laid out as in a file. An empty variable counts as not set. @throws {ConfigError} */
export function settingsFromEnvironment(env: NodeJS.ProcessEnv): Record<string, unknown> {
  const settings: Record<string, Record<string, unknown>> = {};
  for (const [name, { path, kind }] of Object.entries(VARIABLES)) {
    const text = variable(env, name);
    if (text === undefined) continue;
    const [group, key] = path;
    settings[group] = { ...settings[group], [key]: parsed(name, text, kind) };
  }
  const sources = sourceSecrets(env, (name) => variable(env, name));
  const extensions = modulesFromVariable(variable(env, 'EXTENSIONS'));
  return {
    ...settings,
    ...(Object.keys(sources).length === 0 ? {} : { sources }),
    ...(extensions === undefined ? {} : { extensions }),
  };
}

/** The variable that gives a setting, for error messages; null where none does. */
export function variableOf(path: string): string | null {
  if (/^extensions\b/.test(path)) return 'EXTENSIONS';
  return Object.entries(VARIABLES).find(([, one]) => one.path.join('.') === path)?.[0] ?? null;
}

/**
 * A variable, or what is in the file that `NAME_FILE` names; undefined where neither is set.
 *
 * @throws {ConfigError} where both are, or the file cannot be read
 */
export function variable(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const file = env[`${name}_FILE`];
  if (!file) return env[name] || undefined;
  if (env[name]) throw new ConfigError(`${name} and ${name}_FILE are both set; keep one of them`);
  try {
    // Editors and `echo` end a file with a line break that is no part of a secret.
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '') || undefined;
  } catch (error) {
    throw new ConfigError(
      `${name}_FILE names a file that cannot be read (${(error as NodeJS.ErrnoException).code})`,
    );
  }
}

function parsed(name: string, text: string, kind: Variable['kind'] | undefined): unknown {
  if (kind === 'list') return text.split(/[\s,]+/).filter((one) => one !== '');
  if (kind === 'integer') {
    if (!/^\d+$/.test(text)) throw new ConfigError(`${name} must be a whole number`);
    return Number(text);
  }
  if (kind === 'boolean') {
    if (/^(true|1|yes|on)$/i.test(text)) return true;
    if (/^(false|0|no|off)$/i.test(text)) return false;
    throw new ConfigError(`${name} must be true or false`);
  }
  return text;
}
