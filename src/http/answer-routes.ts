import type { Hono } from 'hono';
import * as z from 'zod';
import type { Lookups } from '../registries/lookups.ts';
import type { Subscriptions } from '../registries/subscriptions.ts';
import type { AppEnv } from './app-env.ts';
import { HttpError } from './http-error.ts';
import { INBOX_CAUSES } from './openapi/causes.ts';
import { addRoute } from './openapi/route.ts';
import { answerQuery, keptReply, keptSubscription, NOT_KNOWN_STATUS } from './registry-schemas.ts';

/**
 * `GET /api/answers/:transaction`, with `?wait=SECONDS` for one that is not there, and `GET /api/crvs/subscriptions`.
 * Add them after the operator's routes: those guard everything under `/api`.
 *
 * @param stopping aborts when the bridge stops: waiting requests end then
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
      description:
        'A look-up is answered with 200 only where its answer is a yes or a no. Where that is not known, also not yet, ' +
        'the status is 424.',
      answers: {
        200: { description: 'The answer.', schema: keptReply },
        [NOT_KNOWN_STATUS]: { description: 'Not known, and why: see `result`.', schema: keptReply },
      },
      errors: {
        ...INBOX_CAUSES,
        404: 'Nothing was asked by this transaction, or its answer is no longer kept.',
      },
    },
    async (c, { params: { transaction }, query }) => {
      const signal = AbortSignal.any([c.req.raw.signal, stopping]);
      const waitMs = (query.wait ?? 0) * 1000;
      const reply = await lookups.answer(transaction, waitMs, { signal }).catch((error: unknown) => {
        if (!signal.aborted) throw error;
        return lookups.answer(transaction);
      });
      if (reply) {
        const { result } = reply;
        const isUnknown = result !== null && 'kind' in result && result.kind === 'not_known';
        return c.json(reply, isUnknown ? NOT_KNOWN_STATUS : 200);
      }
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
          description: 'All that are kept.',
          schema: z.object({ subscriptions: z.array(keptSubscription) }),
        },
      },
      errors: INBOX_CAUSES,
    },
    async (c) => c.json({ subscriptions: await subscriptions.list() }),
  );
}
