import type { Logger } from 'pino';
import type { Settings } from '../config/schema.ts';
import type { OdooClient } from '../odoo/client.ts';
import { connectOdoo } from '../odoo/connect.ts';
import { type CallObserver, observedClient } from '../odoo/observed-client.ts';
import { steadyClient } from '../odoo/steady-client.ts';
import type { BridgeSignals } from '../signals/bridge-signals.ts';

/** Where Odoo is, and who the bridge is there. */
export interface OdooAccess {
  url: string;
  db: string;
  login: string;
  apiKey: string | null;
  password: string | null;
}

/** The client for an Odoo, with the settings' protocol and time-out. */
export function odooClient(settings: Settings, access: OdooAccess): OdooClient {
  return connectOdoo({
    url: access.url,
    db: access.db,
    login: access.login,
    ...(access.apiKey === null ? {} : { apiKey: access.apiKey }),
    ...(access.password === null ? {} : { password: access.password }),
    protocol: settings.odoo.protocol,
    timeoutMs: settings.odoo.timeout_seconds * 1000,
  });
}

/** The client that the bridge works with: reads are tried again, and its calls are told to the signals and the log. */
export function watchedOdooClient(
  settings: Settings,
  access: OdooAccess,
  signals: BridgeSignals,
  log: Logger,
): OdooClient {
  return steadyClient(observedClient(odooClient(settings, access), callObserver(signals, log)));
}

/** Tells the signals of Odoo's calls and, at level debug, the log: with the batch that a call is made for. */
function callObserver(signals: BridgeSignals, log: Logger): CallObserver {
  return async (model, method, work, outcomeOf) => {
    const start = performance.now();
    let outcome = 'ok';
    try {
      return await signals.odooCall(model, method, work, outcomeOf);
    } catch (error) {
      outcome = outcomeOf(error);
      throw error;
    } finally {
      log.debug({ model, method, outcome, ms: Math.round(performance.now() - start) }, 'Odoo was called');
    }
  };
}
