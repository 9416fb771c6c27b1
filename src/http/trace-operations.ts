import type { MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import type { Signals } from '../signals/signals.ts';
import type { AppEnv } from './app-env.ts';

/** Reports each request of an operator: what it makes the bridge ask of others is part of its trace. */
export function traceOperations(signals: Pick<Signals, 'operation'>): MiddlewareHandler<AppEnv> {
  return (c, next) =>
    // The route that answers, the last of those that fit; never the address, which may hold anything.
    signals.operation(`${c.req.method} ${routePath(c, -1)}`, c.req.header('traceparent'), next);
}
