import type { ServerType } from '@hono/node-server';
import type { Hono } from 'hono';
import type { AppEnv } from '../http/app-env.ts';
import { createHealthApp } from '../http/health-routes.ts';
import { type Listening, listen } from '../http/listen.ts';
import { createMetricsApp } from '../http/metrics-routes.ts';
import type { Context } from './context.ts';

/** Serves the metrics on an address of their own, with the limits of the server, where the settings name one. */
export async function listenForMetrics({ settings, signals, log }: Context): Promise<Listening | null> {
  const { listen: place, token } = settings.metrics;
  if (!place) return null;
  const access = { tokens: token === null ? [] : [token], open: token === null };
  const app = createMetricsApp(access, () => signals.print());
  const listening = await listen(app, { ...settings.server, ...place, tls: null }, log);
  log.info({ metrics: listening.url }, 'the metrics are served');
  return listening;
}

/** Serves `/healthz` and `/readyz` of the app on an address of their own, where the settings name one. */
export async function listenForHealth(
  { settings, log }: Context,
  app: Hono<AppEnv>,
): Promise<Listening | null> {
  const { healthListen: place } = settings.server;
  if (!place) return null;
  const listening = await listen(createHealthApp(app), { ...settings.server, ...place, tls: null }, log);
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
