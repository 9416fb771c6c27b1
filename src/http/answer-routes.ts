import type { Hono } from 'hono';
import * as z from 'zod';
import type { Lookups } from '../registries/lookups.ts';
import type { Subscriptions } from '../registries/subscriptions.ts';
import type { AppEnv } from './app-env.ts';
import { HttpError } from './http-error.ts';

const MAX_WAIT_SECONDS = 60;
const wait = z.coerce.number().min(0).max(MAX_WAIT_SECONDS).optional();

/**
 * `GET /api/answers/:transaction`, with `?wait=SECONDS` (60 at most) for one that is not there, and
 * `GET /api/crvs/subscriptions`. Add them after the operator's routes: those guard everything under `/api`.
 *
 * @param stopping aborts when the bridge stops: nobody is kept waiting then
 */
export function addAnswerRoutes(
  app: Hono<AppEnv>,
  lookups: Lookups,
  subscriptions: Subscriptions,
  stopping: AbortSignal,
): void {
  app.get('/api/answers/:transaction', async (c) => {
    const seconds = wait.safeParse(c.req.query('wait'));
    if (!seconds.success) {
      throw new HttpError('err.request.bad', `wait: expected seconds, from 0 to ${MAX_WAIT_SECONDS}`);
    }
    const signal = AbortSignal.any([c.req.raw.signal, stopping]);
    const transaction = c.req.param('transaction');
    const waitMs = (seconds.data ?? 0) * 1000;
    const reply = await lookups.answer(transaction, waitMs, { signal }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
      return lookups.answer(transaction);
    });
    if (reply) return c.json(reply);
    throw new HttpError(
      'err.request.not_found',
      'nothing was asked by this transaction, or it is forgotten by now',
    );
  });
  app.get('/api/crvs/subscriptions', async (c) => c.json({ subscriptions: await subscriptions.list() }));
}
