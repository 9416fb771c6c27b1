import { orAborted, withDeadline } from '../lib/abort.ts';
import { memoize } from '../lib/memoize.ts';
import type { OdooProtocol } from './client.ts';
import { OdooError } from './errors.ts';
import type { CallName, OdooConnection } from './transport.ts';

/** The user's id, asked once for all calls that need it. */
export interface Login {
  uid(signal: AbortSignal): Promise<number>;
  /** Runs a call that needs the uid; forgets the uid where Odoo then refuses it, so that the next call asks again. */
  during<T>(signal: AbortSignal, call: (uid: number) => Promise<T>): Promise<T>;
}

/**
 * Asks for the uid by `ask` when it is first needed. The question has a time-out of its own and is no caller's: the
 * first caller may give up while the others go on waiting.
 *
 * Only an operator can correct what refuses a login, a database that is not Odoo's included, so it comes out as
 * `odoo.authentication`.
 */
export function loginOver(
  protocol: OdooProtocol,
  { timeoutMs }: OdooConnection,
  ask: (signal: AbortSignal) => Promise<unknown>,
): Login {
  const name: CallName = { protocol };
  const login = memoize(async () => {
    const timeout = () => new OdooError('odoo.timeout', name);
    try {
      const uid = await withDeadline({ timeoutMs, timeout }, ask);
      if (typeof uid === 'number') return uid;
      throw new OdooError('odoo.unavailable', name);
    } catch (error) {
      if (!(error instanceof OdooError) || error.transient) throw error;
      const { odooName, sentence } = error;
      throw new OdooError('odoo.authentication', {
        ...name,
        ...(odooName ? { odooName } : {}),
        sentence,
        cause: error,
      });
    }
  });
  return {
    uid: (signal) => orAborted(login.get(), signal),
    async during(signal, call) {
      const asked = login.get();
      const uid = await orAborted(asked, signal);
      try {
        return await call(uid);
      } catch (error) {
        if (error instanceof OdooError && error.code === 'odoo.authentication') login.forget(asked);
        throw error;
      }
    },
  };
}
