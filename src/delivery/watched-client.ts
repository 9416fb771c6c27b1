import type { AttemptCall } from '../inbox/inbox.ts';
import type { OdooClient } from '../odoo/client.ts';
import { OdooError } from '../odoo/errors.ts';

/**
 * The same client, whose calls are cut off by `signal` as well, and timed.
 *
 * @param onCall gets every call that ended, failed ones included
 */
export function watchedClient(
  client: OdooClient,
  signal: AbortSignal,
  onCall: (call: AttemptCall) => void,
): OdooClient {
  return {
    get protocol() {
      return client.protocol;
    },
    uid: () => client.uid(),
    async call(model, method, args, options = {}) {
      const start = performance.now();
      let outcome = 'ok';
      try {
        return await client.call(model, method, args, {
          ...options,
          signal: options.signal ? AbortSignal.any([signal, options.signal]) : signal,
        });
      } catch (error) {
        outcome = error instanceof OdooError ? error.code : 'cut_off';
        throw error;
      } finally {
        onCall({ model, method, outcome, ms: Math.round(performance.now() - start) });
      }
    },
  };
}
