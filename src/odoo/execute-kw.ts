import type { OdooArguments, OdooProtocol, OdooValue } from './client.ts';
import { faultOf, noLoginError } from './faults.ts';
import { loginOver } from './login.ts';
import type { CallName, OdooConnection, OdooRequest, OdooTransport } from './transport.ts';
import { withContext } from './wire.ts';

/** What JSON-RPC and XML-RPC each do in their own way. */
export interface ExecuteKw {
  /** `common.authenticate`: the uid, or false. */
  authenticate(signal: AbortSignal): Promise<unknown>;
  /** `object.execute_kw`, with the positional and the keyword arguments of the method. */
  execute(
    uid: number,
    call: Required<CallName>,
    positional: unknown[],
    keywords: Record<string, unknown>,
    signal: AbortSignal,
  ): Promise<OdooValue>;
}

/**
 * The transport over Odoo's `execute_kw`, which JSON-RPC and XML-RPC share. The records come first among the
 * positional arguments and everything else goes by keyword, so that one call shape serves all protocols.
 */
export function executeKw(protocol: OdooProtocol, connection: OdooConnection, rpc: ExecuteKw): OdooTransport {
  /** Methods (`model.method`) found to be called on records, even where the caller names none. */
  const onRecords = new Set<string>();

  const login = loginOver(protocol, connection, async (signal) => {
    const uid = await rpc.authenticate(signal);
    if (uid === false) throw noLoginError({ protocol });
    return uid;
  });

  function call({ model, method, args, signal }: OdooRequest): Promise<OdooValue> {
    const key = `${model}.${method}`;
    const execute = (uid: number, some: OdooArguments) => {
      const [positional, keywords] = shaped(method, withContext(some));
      return rpc.execute(uid, { protocol, model, method }, positional, keywords, signal);
    };
    return login.during(signal, async (uid) => {
      const known = onRecords.has(key) ? { ids: [], ...args } : args;
      try {
        return await execute(uid, known);
      } catch (error) {
        if (known.ids !== undefined || !lacksRecords(error)) throw error;
        onRecords.add(key);
        return execute(uid, { ...known, ids: [] });
      }
    });
  }

  return { call, uid: login.uid };
}

function shaped(method: string, { ids, ...keywords }: OdooArguments): [unknown[], Record<string, unknown>] {
  if (method === 'create' && ids === undefined) {
    // Odoo looks at the first positional argument to know a record from a list of them.
    const { vals_list: values, ...others } = keywords;
    return [[Array.isArray(values) ? values : [values]], others];
  }
  return [ids === undefined ? [] : [ids], keywords];
}

/**
 * Whether Odoo failed because the method is called on records and was given none. JSON-2 then calls it on no record;
 * here Odoo's dispatcher misses the first argument, before it has called anything.
 */
function lacksRecords(error: unknown): boolean {
  const fault = faultOf(error);
  if (fault?.name !== 'builtins.IndexError') return false;
  const frames = fault.traceback.match(/, in \w+$/gm);
  return frames?.at(-1) === ', in call_kw';
}
