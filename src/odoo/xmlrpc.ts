import type { OdooValue } from './client.ts';
import type { OdooError } from './errors.ts';
import { executeKw } from './execute-kw.ts';
import { faultError, faultOfXmlRpc, noLoginError } from './faults.ts';
import { connectionError, foreignAnswer } from './http.ts';
import type { CallName, OdooConnection, OdooTransport } from './transport.ts';
import { wireJson } from './wire.ts';
import { loadXmlRpc, type XmlRpcClient } from './xmlrpc-library.ts';

/**
 * XML-RPC, the protocol that every Odoo before 20 has, through `odoo-await`. That has no time-out, no abort and no
 * path prefix of its own; its hook for the options of Node's HTTP client takes all three.
 */
export function xmlrpc(connection: OdooConnection): OdooTransport {
  const { db, login, secret } = connection;
  const { hostname, pathname } = new URL(connection.baseUrl);

  async function client(signal: AbortSignal): Promise<XmlRpcClient> {
    const { Client } = await loadXmlRpc();
    const made = new Client({ baseUrl: connection.baseUrl, db, username: login, password: secret });
    const createOptions = made.createClientOptions.bind(made);
    made.createClientOptions = (path) => ({
      ...createOptions(pathname.replace(/\/$/, '') + path),
      // A URL has an IPv6 address in brackets, Node wants it bare.
      host: hostname.replace(/^\[(.*)\]$/, '$1'),
      rejectUnauthorized: connection.verifyTls,
      signal,
    });
    return made;
  }

  /** Settles as `answer` does, its failures turned into our errors. */
  async function answered(
    answer: Promise<unknown>,
    name: CallName,
    signal: AbortSignal,
    requestBytes = 0,
  ): Promise<unknown> {
    try {
      return await answer;
    } catch (error) {
      signal.throwIfAborted();
      if (isNoneResult(error)) return null;
      throw failure(error, name, requestBytes);
    }
  }

  return executeKw('xmlrpc', connection, {
    async authenticate(signal) {
      const common = await client(signal);
      return answered(common.connect(), { protocol: 'xmlrpc' }, signal);
    },
    async execute(uid, call, positional, keywords, signal) {
      const object = await client(signal);
      const { plainText } = await loadXmlRpc();
      object.uid = uid;
      // Through JSON, so that undefined, dates and odd characters go as the other protocols send them.
      const wired = wireJson([positional, keywords]);
      const params = plainText(JSON.parse(wired)) as unknown[];
      // As XML it is larger than this.
      const bytes = Buffer.byteLength(wired);
      const result = await answered(object.execute_kw(call.model, call.method, params), call, signal, bytes);
      return (result ?? null) as OdooValue;
    },
  });
}

/** What `odoo-await` rejects with: an Error, with these where there was an answer or a fault; or a bare string. */
interface XmlRpcFailure {
  faultCode?: unknown;
  faultString?: unknown;
  /** The response, from its beginning on. */
  res?: { statusCode?: number };
}

function failure(error: unknown, name: CallName, requestBytes: number): OdooError {
  // Only for a login that Odoo answered with false.
  if (typeof error === 'string') return noLoginError(name);
  const { faultCode, faultString, res } = error as XmlRpcFailure;
  const isFault = typeof faultCode === 'number' && typeof faultString === 'string';
  const fault = isFault ? faultOfXmlRpc(faultCode, faultString) : undefined;
  if (fault) return faultError(fault, name);
  // Without the error as cause: it may quote the answer.
  return res ? foreignAnswer(res.statusCode ?? 0, name) : connectionError(error, name, false, requestBytes);
}

/**
 * Whether the method gave None. Odoo's XML-RPC cannot write that and fails on it, after the transaction was
 * committed: the call took effect. A None deeper in the result (below an array or a struct) stays an error, since the
 * rest of the result is lost.
 */
function isNoneResult(error: unknown): boolean {
  const { faultCode, faultString } = (error ?? {}) as XmlRpcFailure;
  if (faultCode !== 1 || typeof faultString !== 'string') return false;
  return (
    /^TypeError: cannot marshal None unless allow_none is enabled\s*$/m.test(faultString) &&
    !/, in dump_(?:array|struct)$/m.test(faultString)
  );
}
