import type { parseArgs } from 'node:util';
import type { OdooAccess } from '../composition/odoo.ts';
import { variable } from '../config/environment.ts';
import { readInput } from './input.ts';
import { UsageError } from './usage-error.ts';

/** The options that name a user of Odoo's with more rights than the bridge's. */
export const ADMIN_OPTIONS = {
  'admin-login': { type: 'string' },
  'admin-api-key-file': { type: 'string' },
  'admin-password-file': { type: 'string' },
} as const;

type Values = ReturnType<typeof parseArgs<{ options: typeof ADMIN_OPTIONS }>>['values'];

/** Such a user. */
export type Admin = Pick<OdooAccess, 'login' | 'apiKey' | 'password'>;

/**
 * The user to write with; null where none is given. Secrets never stand in the arguments, which others can see.
 *
 * @throws {UsageError}
 */
export async function adminOf(values: Values, env: NodeJS.ProcessEnv): Promise<Admin | null> {
  const { 'admin-api-key-file': keyFile, 'admin-password-file': passwordFile } = values;
  const apiKey = await secretOf(keyFile, '--admin-api-key-file', variable(env, 'ODOO_ADMIN_API_KEY'));
  const password = await secretOf(
    passwordFile,
    '--admin-password-file',
    variable(env, 'ODOO_ADMIN_PASSWORD'),
  );
  const login = values['admin-login'] ?? variable(env, 'ODOO_ADMIN_LOGIN');
  if (apiKey !== null || password !== null) return { login: login ?? 'admin', apiKey, password };
  if (login === undefined) return null;
  throw new UsageError(
    '--admin-login: give that user’s secret, too: --admin-api-key-file or --admin-password-file',
  );
}

async function secretOf(
  file: string | undefined,
  option: string,
  fromEnv: string | undefined,
): Promise<string | null> {
  if (file === undefined) return fromEnv ?? null;
  const secret = (await readInput(file, option)).toString('utf8').replace(/\r?\n$/, '');
  if (secret === '') throw new UsageError(`${option}: there is nothing in it`);
  return secret;
}
