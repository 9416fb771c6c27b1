import type { OdooCallOptions, OdooClient, OdooProtocol } from './client.ts';
import { orAborted, withDeadline } from './deadline.ts';
import { detectProtocol } from './detect.ts';
import { OdooError } from './errors.ts';
import { json2 } from './json2.ts';
import { jsonrpc } from './jsonrpc.ts';
import { remembered } from './remembered.ts';
import { checkedConnection, type OdooSettings } from './settings.ts';
import type { CallName, OdooConnection, OdooTransport } from './transport.ts';
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
  const connection = checkedConnection(settings);
  const link = linkOf(connection, settings.protocol);

  async function within<T>(
    name: Omit<CallName, 'protocol'>,
    options: OdooCallOptions,
    work: (transport: OdooTransport, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const timeoutMs = options.timeoutMs ?? connection.timeoutMs;
    const timeout = () => new OdooError('odoo.timeout', { protocol: link.protocol(), ...name });
    return withDeadline({ timeoutMs, signal: options.signal, timeout }, async (signal) =>
      work(await link.transport(signal), signal),
    );
  }

  return {
    get protocol() {
      return link.protocol();
    },
    uid: () => within({}, {}, (transport, signal) => transport.uid(signal)),
    async call(model, method, args = {}, options = {}) {
      const start = performance.now();
      let outcome = 'ok';
      try {
        return await within({ model, method }, options, (transport, signal) =>
          transport.call(model, method, args, signal),
        );
      } catch (error) {
        outcome = error instanceof OdooError ? error.code : 'aborted';
        throw error;
      } finally {
        const milliseconds = performance.now() - start;
        settings.onCall?.({ model, method, protocol: link.protocol(), milliseconds, outcome });
      }
    },
  };
}

/** The transport, as soon as it is known. */
interface Link {
  /** What is used, or else what is likely to be. */
  protocol(): OdooProtocol;
  transport(signal: AbortSignal): Promise<OdooTransport>;
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
  const detected = remembered(async () => {
    const timeout = () => new OdooError('odoo.timeout', { protocol: known });
    known = await withDeadline({ timeoutMs: connection.timeoutMs, timeout }, (signal) =>
      detectProtocol(connection, signal),
    );
    return TRANSPORTS[known](connection);
  });
  return { protocol: () => known, transport: (signal) => orAborted(detected.get(), signal) };
}
