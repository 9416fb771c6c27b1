import type { Hono } from 'hono';
import * as z from 'zod';
import type { BackfillDesk } from '../backfill/desk.ts';
import { BackfillError } from '../backfill/plan.ts';
import { VITAL_EVENT_TYPES } from '../events/vital-event.ts';
import type { AppEnv } from './app-env.ts';
import { HttpError } from './http-error.ts';

const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'expected a day such as 2024-12-01');
const text = z.string().min(1).max(1000);

/** What `POST /api/crvs/backfill` takes. */
export const backfillSchema = z.strictObject({
  from: day,
  to: day,
  types: z.array(z.enum(VITAL_EVENT_TYPES)).min(1),
  source: text.optional(),
  attribute: text.optional(),
  pageSize: z.int().min(1).max(1000).optional(),
  sliceDays: z.int().min(1).max(3660).optional(),
  restart: z.boolean().optional(),
});

/**
 * The routes of the catch-up: `POST /api/crvs/backfill` has one carried out (202; 409 while one is), `GET` shows how the
 * last one stands, `POST /api/crvs/backfill/stop` stops it. Add them after the operator's routes, which guard `/api`.
 */
export function addBackfillRoutes(
  app: Hono<AppEnv>,
  desk: BackfillDesk,
  clock: () => number = Date.now,
): void {
  app.get('/api/crvs/backfill', async (c) => c.json(await desk.status()));
  app.post('/api/crvs/backfill', async (c) => {
    const result = backfillSchema.safeParse(await c.req.json().catch(() => null));
    if (!result.success) throw badBody(result.error);
    try {
      return c.json({ state: await desk.start(result.data, clock()) }, 202);
    } catch (error) {
      if (!(error instanceof BackfillError)) throw error;
      throw new HttpError('err.request.bad', error.message, error.code === 'backfill.running' ? 409 : 400);
    }
  });
  app.post('/api/crvs/backfill/stop', async (c) => c.json({ stopping: await desk.stop() }));
}

function badBody({ issues: [issue] }: z.ZodError): HttpError {
  return new HttpError(
    'err.request.bad',
    // The names of unknown members are the caller's own words.
    issue?.code === 'unrecognized_keys'
      ? 'body: there are members that this route does not know'
      : `${issue?.path.join('.') || 'body'}: ${issue?.message ?? 'not understood'}`,
  );
}
