import type { OdooClient } from '../odoo/client.ts';

/** The same client, whose calls are cut off by `signal` as well. */
export function abortable(client: OdooClient, signal: AbortSignal): OdooClient {
  return {
    get protocol() {
      return client.protocol;
    },
    uid: () => client.uid(),
    call: (model, method, args, options = {}) =>
      client.call(model, method, args, {
        ...options,
        signal: options.signal ? AbortSignal.any([signal, options.signal]) : signal,
      }),
  };
}
