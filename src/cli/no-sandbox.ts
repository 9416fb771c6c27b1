import { CommandError } from './command-error.ts';

/**
 * A module that needs the sandbox, which an installation may leave out, as the container image does.
 *
 * @throws {CommandError} where it is left out
 */
export async function orNoSandbox<T>(loading: Promise<T>): Promise<T> {
  try {
    return await loading;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new CommandError(
      'sandbox.absent',
      'this installation has no sandbox: set ODOO_URL, ODOO_DB, ODOO_LOGIN and ODOO_API_KEY, or use a checkout of the repository',
      2,
    );
  }
}
