import { OdooError } from '../../src/odoo/errors.ts';

/** What a call rejects with. */
export async function failure(work: Promise<unknown>): Promise<OdooError> {
  const error = await work.then(
    () => new Error('the call succeeded'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof OdooError)) throw error;
  return error;
}
