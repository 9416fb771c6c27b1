import type { OdooValue } from './client.ts';
import { executeKw } from './execute-kw.ts';
import { faultError } from './faults.ts';
import { exchange, foreignAnswer } from './http.ts';
import type { CallName, OdooConnection, OdooTransport } from './transport.ts';
import { wireJson } from './wire.ts';

/** JSON-RPC: `POST /jsonrpc`, which Odoo has had for long and means to remove. */
export function jsonrpc(connection: OdooConnection): OdooTransport {
  const { db, login, secret } = connection;
  const ask = (service: string, method: string, args: unknown[], name: CallName, signal: AbortSignal) =>
    askJsonRpc(connection, { path: '/jsonrpc', params: { service, method, args }, name, signal });
  return executeKw('jsonrpc', connection, {
    authenticate: (signal) =>
      ask('common', 'authenticate', [db, login, secret, {}], { protocol: 'jsonrpc' }, signal),
    execute: (uid, call, positional, keywords, signal) => {
      const args = [db, uid, secret, call.model, call.method, positional, keywords];
      return ask('object', 'execute_kw', args, call, signal);
    },
  });
}

export interface JsonRpcRequest {
  path: string;
  params: object;
  name: CallName;
  signal: AbortSignal;
}

/** One request. HTTP 200 for results and exceptions alike; a method that gives None gives an answer with neither. */
export async function askJsonRpc(
  connection: OdooConnection,
  { path, params, name, signal }: JsonRpcRequest,
): Promise<OdooValue> {
  const body = wireJson({ jsonrpc: '2.0', method: 'call', id: 1, params });
  const headers = { 'content-type': 'application/json' };
  const { status, json } = await exchange(connection, path, { method: 'POST', headers, body, signal }, name);
  const answer = json as { jsonrpc?: unknown; error?: unknown; result?: OdooValue } | null | undefined;
  if (status !== 200 || answer?.jsonrpc !== '2.0') throw foreignAnswer(status, name);
  if (answer.error === undefined) return answer.result ?? null;
  const data = (answer.error as { data?: Record<string, unknown> } | null)?.data;
  if (typeof data?.name !== 'string' || typeof data.message !== 'string') throw foreignAnswer(status, name);
  throw faultError({ name: data.name, message: data.message, traceback: String(data.debug ?? '') }, name);
}
