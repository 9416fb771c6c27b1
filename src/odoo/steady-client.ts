import { setTimeout as wait } from 'node:timers/promises';
import type { OdooClient } from './client.ts';
import { OdooError } from './errors.ts';

/** Methods that change nothing, so that asking again does no harm whatever became of the first call. */
const READS: ReadonlySet<string> = new Set([
  'search_read',
  'search_count',
  'search',
  'read',
  'fields_get',
  'has_access',
]);
/** Failures that pass by themselves; after a time-out Odoo has had its time. */
const PASSING: ReadonlySet<string> = new Set(['odoo.unreachable', 'odoo.unavailable', 'odoo.conflict']);
/** Milliseconds before the second and the third time. */
const WAITS = [50, 200];

/**
 * The same client, whose reads are asked up to three times where a connection breaks or a proxy answers for Odoo: one
 * blink of the network must not send a whole batch back.
 */
export function steadyClient(client: OdooClient): OdooClient {
  return {
    get protocol() {
      return client.protocol;
    },
    uid: () => client.uid(),
    async call(model, method, args, options) {
      for (const ms of READS.has(method) ? WAITS : []) {
        try {
          return await client.call(model, method, args, options);
        } catch (error) {
          if (options?.signal?.aborted || !(error instanceof OdooError) || !PASSING.has(error.code))
            throw error;
        }
        await wait(ms, undefined, { signal: options?.signal }).catch(() => {});
      }
      return client.call(model, method, args, options);
    },
  };
}
