import type { OdooClient } from './client.ts';
import { OdooError } from './errors.ts';

/** Is told of each call; makes it, and gives what it gave. */
export type CallObserver = <T>(
  model: string,
  method: string,
  work: () => Promise<T>,
  outcomeOf: (error: unknown) => string,
) => Promise<T>;

/** The same client, each call of which goes through `observe`; what is tried again counts as often as it is made. */
export function observedClient(client: OdooClient, observe: CallObserver): OdooClient {
  return {
    get protocol() {
      return client.protocol;
    },
    uid: () => client.uid(),
    call: (model, method, args, options) =>
      observe(model, method, () => client.call(model, method, args, options), outcomeOf),
  };
}

/** The code of the failure, or `aborted` by the caller. */
function outcomeOf(error: unknown): string {
  return error instanceof OdooError ? error.code : 'aborted';
}
