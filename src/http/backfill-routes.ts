import type { Hono } from 'hono';
import * as z from 'zod';
import { BackfillError } from '../backfill/plan.ts';
import type { BackfillService } from '../backfill/service.ts';
import type { AppEnv } from './app-env.ts';
import { backfillBody, backfillState, backfillStatus } from './backfill-schemas.ts';
import { HttpError } from './http-error.ts';
import { INBOX_CAUSES } from './openapi/causes.ts';
import { addRoute } from './openapi/route.ts';

const PATH = '/api/crvs/backfill';

/**
 * The routes of the catch-up: `POST /api/crvs/backfill` has one carried out (202; 409 while one is), `GET` shows the
 * state of the last one, `POST /api/crvs/backfill/stop` stops it. Add them after the operator's routes, which guard `/api`.
 */
export function addBackfillRoutes(
  app: Hono<AppEnv>,
  service: BackfillService,
  clock: () => number = Date.now,
): void {
  addRoute(
    app,
    {
      method: 'get',
      path: PATH,
      summary: 'Show the state of the last catch-up',
      tag: 'registries',
      answers: { 200: { description: 'Without personal data.', schema: backfillStatus } },
      errors: INBOX_CAUSES,
    },
    async (c) => c.json(await service.status()),
  );
  addRoute(
    app,
    {
      method: 'post',
      path: PATH,
      summary: 'Catch up on the events of past days',
      description: 'The bridge asks the registry in the background, and goes on after a restart.',
      tag: 'registries',
      body: backfillBody,
      answers: { 202: { description: 'Begun.', schema: z.object({ state: backfillState }) } },
      errors: { ...INBOX_CAUSES, 409: 'Another catch-up is under way.' },
    },
    async (c, { body }) => {
      try {
        return c.json({ state: await service.start(body, clock()) }, 202);
      } catch (error) {
        if (!(error instanceof BackfillError)) throw error;
        throw new HttpError('err.request.bad', error.message, error.code === 'backfill.running' ? 409 : 400);
      }
    },
  );
  addRoute(
    app,
    {
      method: 'post',
      path: `${PATH}/stop`,
      summary: 'Stop the catch-up',
      description: 'What is done is kept; the same request continues it.',
      tag: 'registries',
      answers: {
        200: { description: 'Whether there was one to stop.', schema: z.object({ stopping: z.boolean() }) },
      },
      errors: INBOX_CAUSES,
    },
    async (c) => c.json({ stopping: await service.stop() }),
  );
}
