import type { Context } from 'hono';
import type { Logger } from 'pino';
import { newCorrelationId } from '../inbox/correlation.ts';

/** What a request may carry. */
export interface AppEnv {
  Variables: {
    requestId?: string;
  };
}

/**
 * One id of the request, from the socket to the log; the correlation id of an answer that commits nothing. Made when
 * asked for, rather than by a middleware: most requests log nothing, and a route alone is answered on a shorter way.
 */
export function requestIdOf(c: Context<AppEnv>): string {
  const known = c.get('requestId');
  if (known !== undefined) return known;
  const made = newCorrelationId(Date.now());
  c.set('requestId', made);
  return made;
}

/** A logger of this request, which carries its id. */
export function requestLog(c: Context<AppEnv>, log: Logger): Logger {
  return log.child({ request: requestIdOf(c) });
}
