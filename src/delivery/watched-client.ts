import type { OdooClient } from '../odoo/client.ts';

/**
 * The same client, whose calls are cut off by `signal` as well, and timed.
 *
 * @param onCall gets the milliseconds that a call took, failed ones included
 */
export function watchedClient(
  client: OdooClient,
  signal: AbortSignal,
  onCall: (milliseconds: number) => void,
): OdooClient {
  return {
    get protocol() {
      return client.protocol;
    },
    uid: () => client.uid(),
    async call(model, method, args, options = {}) {
      const start = performance.now();
      try {
        return await client.call(model, method, args, {
          ...options,
          signal: options.signal ? AbortSignal.any([signal, options.signal]) : signal,
        });
      } finally {
        onCall(performance.now() - start);
      }
    },
  };
}
