import { type Context, Hono } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { Logger } from 'pino';
import { acknowledgeError } from '../dci/ack.ts';
import { DciError } from '../dci/errors.ts';
import { InboxUnavailableError } from '../inbox/inbox.ts';
import { EventOperations } from '../operations/events.ts';
import { NO_SIGNALS, type Signals } from '../signals/signals.ts';
import { type AdminDependencies, addAdminRoutes } from './admin-routes.ts';
import { type AppEnv, requestIdOf, requestLog } from './app-env.ts';
import { type Clients, clientsBehind } from './client.ts';
import { ANSWER_HEADERS, REQUEST_ID_HEADER } from './headers.ts';
import { addHealthRoutes, type HealthDependencies } from './health-routes.ts';
import { answerOf, HttpError } from './http-error.ts';
import { addJwksRoutes, JWKS_PATHS, type JwksDependencies } from './jwks-routes.ts';
import { loggableField } from './loggable-field.ts';
import { addMetricsRoute, type PrintMetrics } from './metrics-routes.ts';
import { addDocumentRoutes } from './openapi/document-routes.ts';
import { traceOperations } from './trace-operations.ts';

export interface AppSettings {
  /** Null closes the operator's routes. */
  adminToken: string | null;
  /** Opens `/metrics`, as the operator's token does; null for none. */
  metricsToken?: string | null;
  /** How long others may keep our key set. */
  jwksMaxAgeSeconds: number;
  /** Addresses and networks of the proxies whose `X-Forwarded-For` is believed. */
  trustedProxies: readonly string[];
}

export interface AppDependencies
  extends HealthDependencies,
    Omit<AdminDependencies, 'operations' | 'clients'>,
    JwksDependencies {
  inbox: HealthDependencies['inbox'] &
    AdminDependencies['inbox'] &
    ConstructorParameters<typeof EventOperations>[0];
  log: Logger;
  /** Milliseconds since the epoch. */
  clock(): number;
  /** Nothing is measured where left out. */
  signals?: Pick<Signals, 'operation'> | undefined;
  /** Adds the routes that messages come by; they are the first of the document. */
  addReceiving?: ((app: Hono<AppEnv>) => void) | undefined;
  /** Prints the metrics; there is no `/metrics` where left out. */
  metrics?: PrintMetrics | undefined;
}

/** The bridge's HTTP face, without the routes of connectors. Errors have the SPDCI shape on every route. */
export function createApp(settings: AppSettings, deps: AppDependencies): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  const clients = clientsBehind(settings.trustedProxies);
  addHealthRoutes(app, deps);
  deps.addReceiving?.(app);
  const { adminToken, metricsToken = null } = settings;
  const tokens = [metricsToken, adminToken].filter((token) => token !== null);
  if (deps.metrics) addMetricsRoute(app, { tokens, open: false }, deps.metrics);
  app.use('/api/*', traceOperations(deps.signals ?? NO_SIGNALS));
  const operations = new EventOperations(deps.inbox, deps.log, deps.clock);
  addAdminRoutes(app, adminToken, { inbox: deps.inbox, operations, clients, clock: deps.clock });
  addJwksRoutes(app, settings.jwksMaxAgeSeconds, deps);
  addDocumentRoutes(app);
  for (const path of JWKS_PATHS) {
    app.all(path, () => {
      throw new HttpError('err.request.bad', 'this route takes GET', 405, { Allow: 'GET, HEAD' });
    });
  }
  app.notFound((c) =>
    answerError(c, new HttpError('err.request.not_found', 'there is no such route'), deps.log, clients),
  );
  app.onError((error, c) => answerError(c, error, deps.log, clients));
  return app;
}

/** Turns whatever was thrown into an answer; never with a stack trace, and never with a content of the message. */
function answerError(c: Context<AppEnv>, error: Error, parent: Logger, clients: Clients): Response {
  const { status, code, message, headers } = answerOf(error);
  const log = requestLog(c, parent);
  const entry = {
    status,
    code,
    client: clients.addressOf(c) ?? undefined,
    // Where no route is, Hono has no path of one; the path as asked for may hold anything.
    route: code === 'err.request.not_found' ? undefined : c.req.routePath,
    field: error instanceof DciError ? (loggableField(error.field) ?? undefined) : undefined,
  };
  // A 503 with a reason of its own is a message that is to come again, and no failure of the bridge.
  if (status < 500 || 'reason' in error) log.info(entry, 'a request was refused');
  else log.error({ ...entry, error: error.name, detail: detailOf(error) }, 'a request could not be served');
  return c.json(
    acknowledgeError({ code, message }, { correlationId: requestIdOf(c), timestamp: new Date() }),
    status as ContentfulStatusCode,
    { ...ANSWER_HEADERS, [REQUEST_ID_HEADER]: requestIdOf(c), ...headers },
  );
}

/** The inbox's own words name tables and files; other errors could quote anything. */
function detailOf(error: Error): string | undefined {
  return error instanceof InboxUnavailableError ? error.message : undefined;
}
