import { orAborted, withDeadline } from '../lib/abort.ts';
import { memoize } from '../lib/memoize.ts';
import type { OdooClient, OdooProtocol } from './client.ts';
import { detectProtocol } from './detect.ts';
import { OdooError } from './errors.ts';
import { instrumentedClient, type Link } from './instrumented-client.ts';
import { json2 } from './json2.ts';
import { jsonrpc } from './jsonrpc.ts';
import { checkedConnection, type OdooSettings } from './settings.ts';
import type { OdooConnection } from './transport.ts';
import { xmlrpc } from './xmlrpc.ts';

const TRANSPORTS = { json2, jsonrpc, xmlrpc };

/**
 * A client for one Odoo database. Asks nothing yet: the first call finds out the protocol (where it is `auto`) and
 * logs in (where the protocol needs that), within its own time-out.
 *
 * @throws OdooSettingsError for settings that cannot be right, naming the setting
 * @example
 * const odoo = connectOdoo({ url, db, login, apiKey, protocol: 'auto', timeoutMs: 30_000 });
 * const partners = await searchRead(odoo, 'res.partner', [['is_company', '=', true]], ['name']);
 */
export function connectOdoo(settings: OdooSettings): OdooClient {
  return instrumentedClient(linkOf(checkedConnection(settings), settings.protocol), settings);
}

function linkOf(connection: OdooConnection, protocol: OdooSettings['protocol']): Link {
  // JSON-2 takes nothing but a key, so without one there is nothing to find out.
  const chosen = protocol === 'auto' && !connection.apiKey ? 'jsonrpc' : protocol;
  if (chosen !== 'auto') {
    const transport = TRANSPORTS[chosen](connection);
    return { protocol: () => chosen, transport: async () => transport };
  }
  let known: OdooProtocol = 'json2';
  // The question is no caller's own: the first may give up while the others go on waiting.
  const detected = memoize(async () => {
    const timeout = () => new OdooError('odoo.timeout', { protocol: known });
    known = await withDeadline({ timeoutMs: connection.timeoutMs, timeout }, (signal) =>
      detectProtocol(connection, signal),
    );
    return TRANSPORTS[known](connection);
  });
  return { protocol: () => known, transport: (signal) => orAborted(detected.get(), signal) };
}
