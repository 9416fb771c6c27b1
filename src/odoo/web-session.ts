import type { OdooClient } from './client.ts';
import { OdooError } from './errors.ts';
import { executeKw } from './execute-kw.ts';
import { instrumentedClient } from './instrumented-client.ts';
import { askJsonRpc } from './jsonrpc.ts';
import { checkedConnection, type OdooSettings } from './settings.ts';
import type { OdooConnection } from './transport.ts';

const SECOND_FACTOR = 'Odoo asks this user for a second factor at login.';

/** Whether a login in a web session failed only because there was no second factor: login and password were right. */
export function asksForSecondFactor(error: unknown): boolean {
  return error instanceof OdooError && error.sentence === SECOND_FACTOR;
}

/**
 * A client that logs in as a browser does, with a session and its cookie. Odoo keeps a few methods (its own wizards that
 * ask for the password again) for such sessions; for everything else there is `connectOdoo`.
 *
 * @throws OdooSettingsError for settings that cannot be right
 */
export function connectWebSession(settings: OdooSettings & { password: string }): OdooClient {
  const connection = withCookies(checkedConnection(settings));
  const { db, login } = connection;
  const transport = executeKw('jsonrpc', connection, {
    authenticate: async (signal) => {
      const params = { db, login, password: settings.password };
      const name = { protocol: 'jsonrpc' as const };
      const session = await askJsonRpc(connection, {
        path: '/web/session/authenticate',
        params,
        name,
        signal,
      });
      const uid = (session as { uid?: unknown } | null)?.uid;
      // The password was right, or Odoo had answered with AccessDenied; the session waits for the second factor.
      if (uid === null) {
        throw new OdooError('odoo.authentication', { ...name, sentence: SECOND_FACTOR });
      }
      return uid ?? false;
    },
    execute: (_uid, call, args, kwargs, signal) => {
      const { model, method } = call;
      const path = `/web/dataset/call_kw/${encodeURIComponent(model)}/${encodeURIComponent(method)}`;
      return askJsonRpc(connection, { path, params: { model, method, args, kwargs }, name: call, signal });
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
