import type { OdooProtocol } from './client.ts';
import { exchange, foreignAnswer } from './http.ts';
import type { OdooConnection } from './transport.ts';

/** The first version of Odoo that has JSON-2, and `/web/version` with it. */
const FIRST_WITH_JSON2 = 19;

/**
 * Asks the server for its version: JSON-2 from Odoo 19 on. An older one has no such page and says so; any other answer
 * (a proxy's, or one of a server that is starting) decides nothing and rejects.
 */
export async function detectProtocol(connection: OdooConnection, signal: AbortSignal): Promise<OdooProtocol> {
  // With the database named, Odoo does not start a session for the question.
  const headers = { 'x-odoo-database': connection.db };
  const guess = { protocol: 'json2' as const };
  const { status, json } = await exchange(
    connection,
    '/web/version',
    { method: 'GET', headers, signal },
    guess,
  );
  if (status === 404) return 'jsonrpc';
  const major = majorOf(json);
  if (status === 200 && major !== null) return major >= FIRST_WITH_JSON2 ? 'json2' : 'jsonrpc';
  throw foreignAnswer(status, guess);
}

/** From `{"version_info": [19, 0, …]}`, or `["saas~19", 1, …]` on Odoo's own hosting. */
function majorOf(json: unknown): number | null {
  const info = (json as { version_info?: unknown } | null | undefined)?.version_info;
  const digits = Array.isArray(info) ? /\d+/.exec(String(info[0])) : null;
  return digits && Number(digits[0]);
}
