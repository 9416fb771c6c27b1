import type { OdooAccess } from '../composition/context.ts';
import { variable } from '../config/environment.ts';
import type { CliCommand } from './cli-command.ts';
import { UsageError } from './command-error.ts';
import { readInput } from './input.ts';

/** The options that name a user of Odoo's with more rights than the bridge's. */
export interface AdminOptions {
  adminLogin?: string;
  adminApiKeyFile?: string;
  adminPasswordFile?: string;
}

/** Lets a command be given such a user. */
export function withAdmin(command: CliCommand, who: string): CliCommand {
  return command
    .option('--admin-login <login>', `${who} (ODOO_ADMIN_LOGIN; admin where left out)`)
    .option(
      '--admin-password-file <file>',
      'a file with that user’s password, - for standard input (or ODOO_ADMIN_PASSWORD)',
    )
    .option('--admin-api-key-file <file>', 'the same for an API key (or ODOO_ADMIN_API_KEY)');
}

/** Such a user. */
export type Admin = Pick<OdooAccess, 'login' | 'apiKey' | 'password'>;

/**
 * The user to write with; null where none is given. Secrets are never arguments: others can see those.
 *
 * @throws {UsageError}
 */
export async function adminOf(options: AdminOptions, env: NodeJS.ProcessEnv): Promise<Admin | null> {
  const { adminApiKeyFile: keyFile, adminPasswordFile: passwordFile } = options;
  const apiKey = await secretOf(keyFile, '--admin-api-key-file', variable(env, 'ODOO_ADMIN_API_KEY'));
  const password = await secretOf(
    passwordFile,
    '--admin-password-file',
    variable(env, 'ODOO_ADMIN_PASSWORD'),
  );
  const login = options.adminLogin ?? variable(env, 'ODOO_ADMIN_LOGIN');
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
  if (secret === '') throw new UsageError(`${option}: the file is empty`);
  return secret;
}
