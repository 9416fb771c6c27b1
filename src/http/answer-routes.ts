import type { Hono } from 'hono';
import * as z from 'zod';
import type { Lookups } from '../registries/lookups.ts';
import type { Subscriptions } from '../registries/subscriptions.ts';
import type { AppEnv } from './app-env.ts';
import { HttpError } from './http-error.ts';
import { addRoute } from './openapi/route.ts';
import { answerQuery, keptReply, rememberedSubscription } from './registry-schemas.ts';

/**
 * `GET /api/answers/:transaction`, with `?wait=SECONDS` for one that is not there, and `GET /api/crvs/subscriptions`.
 * Add them after the operator's routes: those guard everything under `/api`.
 *
 * @param stopping aborts when the bridge stops: nobody is kept waiting then
 */
export function addAnswerRoutes(
  app: Hono<AppEnv>,
  lookups: Lookups,
  subscriptions: Subscriptions,
  stopping: AbortSignal,
): void {
  addRoute(
    app,
    {
      method: 'get',
      path: '/api/answers/:transaction',
      summary: 'Fetch the answer to a question that was asked asynchronously',
      tag: 'registries',
      params: z.object({ transaction: z.string() }),
      query: answerQuery,
      answers: { 200: { description: 'What came so far.', schema: keptReply } },
      errors: [404, 503],
    },
    async (c, { params: { transaction }, query }) => {
      const signal = AbortSignal.any([c.req.raw.signal, stopping]);
      const waitMs = (query.wait ?? 0) * 1000;
      const reply = await lookups.answer(transaction, waitMs, { signal }).catch((error: unknown) => {
        if (!signal.aborted) throw error;
        return lookups.answer(transaction);
      });
      if (reply) return c.json(reply);
      throw new HttpError(
        'err.request.not_found',
        'nothing was asked by this transaction, or it is forgotten by now',
      );
    },
  );
  addRoute(
    app,
    {
      method: 'get',
      path: '/api/crvs/subscriptions',
      summary: 'List the subscriptions, the latest first',
      tag: 'registries',
      answers: {
        200: {
          description: 'All that are remembered.',
          schema: z.object({ subscriptions: z.array(rememberedSubscription) }),
        },
      },
      errors: [503],
    },
    async (c) => c.json({ subscriptions: await subscriptions.list() }),
  );
}
