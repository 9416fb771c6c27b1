import { Hono } from 'hono';
import type { AppEnv } from './app-env.ts';
import { assertBearer } from './bearer.ts';
import { ANSWER_HEADERS } from './headers.ts';
import { HttpError } from './http-error.ts';
import { describeRoute } from './openapi/route.ts';

/** Gives the metrics as Prometheus reads them. */
export type PrintMetrics = () => Promise<{ contentType: string; text: string }>;

export interface MetricsAccess {
  /** `Authorization: Bearer` with one of these opens it; none of them, and it is closed, but where it is open. */
  tokens: readonly string[];
  /** Whether it needs no token. */
  open: boolean;
}

/** `GET /metrics`. */
export function addMetricsRoute(
  app: Hono<AppEnv>,
  { tokens, open }: MetricsAccess,
  print: PrintMetrics,
): void {
  app.get('/metrics', async (c) => {
    if (!open && tokens.length === 0) {
      throw new HttpError(
        'err.request.forbidden',
        'neither METRICS_TOKEN nor ADMIN_TOKEN is set; this route is closed',
      );
    }
    if (!open) assertBearer(c.req.header('authorization'), tokens, 'the METRICS_TOKEN or the ADMIN_TOKEN');
    const { contentType, text } = await print();
    return c.body(text, 200, { ...ANSWER_HEADERS, 'Content-Type': contentType });
  });
  describeRoute(app, {
    method: 'get',
    path: '/metrics',
    summary: 'The metrics, for Prometheus',
    description: 'With METRICS_TOKEN or ADMIN_TOKEN as `Authorization: Bearer`.',
    tag: 'service',
    answers: { 200: { description: 'In the text format of Prometheus.', type: 'text/plain' } },
    errors: {
      401: 'The header Authorization is missing, or its token is neither METRICS_TOKEN nor ADMIN_TOKEN.',
      403: 'The bridge has neither METRICS_TOKEN nor ADMIN_TOKEN, so that this route is closed.',
    },
  });
}

/** An app that has `/metrics` and nothing else, for an address of its own. */
export function createMetricsApp(access: MetricsAccess, print: PrintMetrics): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  addMetricsRoute(app, access, print);
  app.onError((error, c) => {
    if (!(error instanceof HttpError)) return c.text('the metrics could not be read\n', 500, ANSWER_HEADERS);
    return c.text(`${error.message}\n`, error.status as 401 | 403, { ...ANSWER_HEADERS, ...error.headers });
  });
  return app;
}
