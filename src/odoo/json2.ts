import type { OdooValue } from './client.ts';
import type { OdooError } from './errors.ts';
import { faultError, noDatabaseError } from './faults.ts';
import { exchange, foreignAnswer, type OdooHttpAnswer } from './http.ts';
import { loginOver } from './login.ts';
import type { CallName, OdooConnection, OdooRequest, OdooTransport } from './transport.ts';
import { wireJson, withContext } from './wire.ts';

/**
 * JSON-2, Odoo 19 on: `POST /json/2/<model>/<method>` with the keyword arguments as body and the API key as bearer
 * token. An exception comes as 4xx or 5xx with a JSON body that names it.
 */
export function json2(connection: OdooConnection): OdooTransport {
  const headers = {
    authorization: `Bearer ${connection.apiKey}`,
    'x-odoo-database': connection.db,
  };

  async function call({ model, method, args, signal }: OdooRequest): Promise<OdooValue> {
    const name: CallName = { protocol: 'json2', model, method };
    const path = `/json/2/${encodeURIComponent(model)}/${encodeURIComponent(method)}`;
    const json = { ...headers, 'content-type': 'application/json' };
    const request = { method: 'POST' as const, headers: json, body: wireJson(withContext(args)), signal };
    const answer = await exchange(connection, path, request, name);
    if (answer.status === 200 && answer.json !== undefined) return answer.json as OdooValue;
    throw await failure(answer, name, signal);
  }

  async function failure(answer: OdooHttpAnswer, name: CallName, signal: AbortSignal): Promise<OdooError> {
    const { name: raised, message, debug } = (answer.json ?? {}) as Record<string, unknown>;
    // Odoo names the exception with its module; a gateway's own JSON does not.
    const isOdoos = typeof raised === 'string' && raised.includes('.') && typeof message === 'string';
    if (answer.status >= 400 && isOdoos) {
      return faultError({ name: raised, message, traceback: String(debug ?? '') }, name);
    }
    // Odoo says the same whether it has no such database or PostgreSQL is down.
    if (answer.status === 404 && answer.text.includes('No database is selected')) {
      return (await databaseServerAnswers(name, signal)) ? noDatabaseError(name) : foreignAnswer(404, name);
    }
    return foreignAnswer(answer.status, name);
  }

  async function databaseServerAnswers(name: CallName, signal: AbortSignal): Promise<boolean> {
    const answer = await exchange(
      connection,
      '/web/health?db_server_status=1',
      { method: 'GET', signal },
      name,
    );
    return (answer.json as { db_server_status?: unknown } | null | undefined)?.db_server_status === true;
  }

  const login = loginOver('json2', connection, async (signal) => {
    const context = await call({ model: 'res.users', method: 'context_get', args: {}, signal });
    return (context as { uid?: unknown } | null)?.uid;
  });

  return { call, uid: login.uid };
}
