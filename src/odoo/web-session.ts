import type { OdooClient, OdooValue } from './client.ts';
import { OdooError } from './errors.ts';
import { executeKw } from './execute-kw.ts';
import { faultError } from './faults.ts';
import { exchange, foreignAnswer } from './http.ts';
import { instrumentedClient } from './instrumented-client.ts';
import { checkedConnection, type OdooSettings } from './settings.ts';
import type { CallName, OdooConnection } from './transport.ts';
import { wireJson } from './wire.ts';

const SECOND_FACTOR = 'Odoo asks this user for a second factor at login.';

/** Whether a login in a web session failed for want of a second factor alone: login and password were right. */
export function asksForSecondFactor(error: unknown): boolean {
  return error instanceof OdooError && error.sentence === SECOND_FACTOR;
}

/**
 * A client that logs in as a browser does, with a session and its cookie. Odoo keeps a few methods (its own wizards that
 * ask for the password anew) for such sessions; for everything else there is `connectOdoo`.
 *
 * @throws OdooSettingsError for settings that cannot be right
 */
export function connectWebSession(settings: OdooSettings & { password: string }): OdooClient {
  const connection = withCookies(checkedConnection(settings));
  const { db, login } = connection;
  const ask = async (path: string, params: object, name: CallName, signal: AbortSignal) => {
    const body = wireJson({ jsonrpc: '2.0', method: 'call', id: 1, params });
    const headers = { 'content-type': 'application/json' };
    const { status, json } = await exchange(
      connection,
      path,
      { method: 'POST', headers, body, signal },
      name,
    );
    const answer = json as { error?: { data?: Record<string, unknown> }; result?: OdooValue } | undefined;
    if (status !== 200 || typeof answer !== 'object' || answer === null) throw foreignAnswer(status, name);
    if (answer.error === undefined) return answer.result ?? null;
    const { name: raised, message, debug } = answer.error.data ?? {};
    if (typeof raised !== 'string' || typeof message !== 'string') throw foreignAnswer(status, name);
    throw faultError({ name: raised, message, traceback: String(debug ?? '') }, name);
  };
  const transport = executeKw('jsonrpc', connection, {
    authenticate: async (signal) => {
      const params = { db, login, password: settings.password };
      const session = await ask('/web/session/authenticate', params, { protocol: 'jsonrpc' }, signal);
      const uid = (session as { uid?: unknown } | null)?.uid;
      // The password was right, or Odoo had answered with AccessDenied; the session waits for the second factor.
      if (uid === null) {
        throw new OdooError('odoo.authentication', { protocol: 'jsonrpc', sentence: SECOND_FACTOR });
      }
      return uid ?? false;
    },
    execute: (_uid, call, args, kwargs, signal) => {
      const { model, method } = call;
      const path = `/web/dataset/call_kw/${encodeURIComponent(model)}/${encodeURIComponent(method)}`;
      return ask(path, { model, method, args, kwargs }, call, signal);
    },
  });
  return instrumentedClient({ protocol: () => 'jsonrpc', transport: async () => transport }, settings);
}

/** Keeps the cookies of one host in memory, and sends them back. */
function withCookies(connection: OdooConnection): OdooConnection {
  const cookies = new Map<string, string>();
  return {
    ...connection,
    async fetch(url, init) {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const headers = { ...(init.headers as Record<string, string>), ...(cookie === '' ? {} : { cookie }) };
      const response = await connection.fetch(url, { ...init, headers });
      for (const line of response.headers.getSetCookie()) {
        const [name = '', value = ''] = line.split(';')[0]?.split(/=(.*)/s) ?? [];
        cookies.set(name.trim(), value.trim());
      }
      return response;
    },
  };
}
