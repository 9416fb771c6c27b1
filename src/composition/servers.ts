import type { ServerType } from '@hono/node-server';
import type { Hono } from 'hono';
import type { Logger } from 'pino';
import { healthListenSettings, metricsListenSettings } from '../config/listen.ts';
import type { Settings } from '../config/schema.ts';
import type { AppEnv } from '../http/app-env.ts';
import { createHealthApp } from '../http/health-routes.ts';
import { type Listening, listen } from '../http/listen.ts';
import { createMetricsApp } from '../http/metrics-routes.ts';
import type { BridgeSignals } from '../signals/bridge-signals.ts';

/** Serves the metrics on an address of their own, where the settings name one. */
export async function listenForMetrics(
  settings: Settings,
  signals: BridgeSignals,
  log: Logger,
): Promise<Listening | null> {
  const place = metricsListenSettings(settings);
  if (!place) return null;
  const { token } = settings.metrics;
  const access = { tokens: token === null ? [] : [token], open: token === null };
  const listening = await listen(
    createMetricsApp(access, () => signals.print()),
    place,
    log,
  );
  log.info({ metrics: listening.url }, 'the metrics are served');
  return listening;
}

/** Serves `/healthz` and `/readyz` of the app on an address of their own, where the settings name one. */
export async function listenForHealth(
  settings: Settings,
  app: Hono<AppEnv>,
  log: Logger,
): Promise<Listening | null> {
  const place = healthListenSettings(settings);
  if (!place) return null;
  const listening = await listen(createHealthApp(app), place, log);
  log.info({ health: listening.url }, 'the health checks are served');
  return listening;
}

/** Lets the requests under way end; connections that have not ended by then are cut off. */
export async function closeServer(server: ServerType, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  if ('closeIdleConnections' in server) server.closeIdleConnections();
  const timer = setTimeout(() => {
    if ('closeAllConnections' in server) server.closeAllConnections();
  }, graceMs);
  await closed;
  clearTimeout(timer);
}
