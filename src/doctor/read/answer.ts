import { OdooError } from '../../odoo/errors.ts';

/** What Odoo answered, or why it did not: one gap must not hide the others. */
export type Answer<T> = { ok: true; value: T } | { ok: false; error: OdooError };

/** Turns Odoo's refusals into an answer; any other failure is a fault of the program and rejects. */
export async function answerOf<T>(work: Promise<T>): Promise<Answer<T>> {
  try {
    return { ok: true, value: await work };
  } catch (error) {
    if (!(error instanceof OdooError)) throw error;
    return { ok: false, error };
  }
}
