import type { Settings } from '../config/schema.ts';
import type { OdooClient } from '../odoo/client.ts';
import { connectOdoo } from '../odoo/connect.ts';
import type { ClientOptions } from '../odoo/instrumented-client.ts';
import type { Latency } from '../odoo/latency.ts';
import type { Context, OdooAccess } from './context.ts';

/** The client for an Odoo, with the settings' protocol and time-out. */
export function odooClient(
  settings: Settings,
  access: OdooAccess,
  more: Omit<ClientOptions, 'timeoutMs'> = {},
): OdooClient {
  return connectOdoo({
    ...more,
    url: access.url,
    db: access.db,
    login: access.login,
    ...(access.apiKey === null ? {} : { apiKey: access.apiKey }),
    ...(access.password === null ? {} : { password: access.password }),
    protocol: settings.odoo.protocol,
    timeoutMs: settings.odoo.timeoutMs,
  });
}

/** Milliseconds before the second and the third attempt: a short fault of the network must not send a batch back. */
const RETRY_READS_AFTER_MS = [50, 200];

/** The client that the bridge works with: it repeats reads, and its calls reach the metrics, the traces and the log. */
export function instrumentedOdooClient(
  { settings, access, signals, log }: Context,
  latency: Latency,
): OdooClient {
  return odooClient(settings, access, {
    retryReadsAfterMs: RETRY_READS_AFTER_MS,
    inSpan: (...call) => signals.odooSpan(...call),
    onCall: (report) => {
      signals.odooCalled(report);
      latency.add(report);
      const { model, method, outcome, milliseconds } = report;
      log.debug({ model, method, outcome, ms: Math.round(milliseconds) }, 'Odoo was called');
    },
  });
}
