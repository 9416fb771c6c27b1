import { createHash, timingSafeEqual } from 'node:crypto';
import type { Hono } from 'hono';
import * as z from 'zod';
import { INBOX_EVENT_TYPES } from '../events/identity-event.ts';
import { EVENT_STATES, type Inbox } from '../inbox/inbox.ts';
import type { AppEnv } from './app-env.ts';
import { ANSWER_HEADERS } from './headers.ts';
import { HttpError } from './http-error.ts';

export interface AdminDependencies {
  inbox: Pick<Inbox, 'list' | 'show' | 'retry' | 'retryAll' | 'setAside' | 'counts'>;
}

const matching = {
  state: z.enum(EVENT_STATES).optional(),
  outcome: z.enum(['processed', 'error']).optional(),
  type: z.enum(INBOX_EVENT_TYPES).optional(),
  sender: z.string().min(1).optional(),
};
const filterSchema = z.object({
  ...matching,
  limit: z.coerce.number().int().min(1).max(1000).optional(),
  before: z.coerce.number().int().positive().optional(),
});
const idsSchema = z.strictObject({ ids: z.array(z.int().positive()).min(1).max(1000) });
/** A filter names what it wants: an empty one would mean everything there ever was. */
const whichSchema = z.union([
  idsSchema,
  z.strictObject({
    filter: z
      .strictObject(matching)
      .refine(
        (filter) => Object.keys(filter).length > 0,
        'name at least one of state, outcome, type, sender',
      ),
  }),
]);

/**
 * The operator's routes, with `Authorization: Bearer <ADMIN_TOKEN>`: `GET /api/status`, `GET /api/events` (no personal
 * data), `GET /api/events/:id` (the event whole), `POST /api/events/retry` with `{"ids": [...]}` or `{"filter": {...}}`,
 * `POST /api/events/set-aside` with `{"ids": [...]}`.
 *
 * @param token null closes them
 */
export function addAdminRoutes(app: Hono<AppEnv>, token: string | null, { inbox }: AdminDependencies): void {
  app.use('/api/*', async (c, next) => {
    if (token === null)
      throw new HttpError('err.request.forbidden', 'ADMIN_TOKEN is not set; these routes are closed');
    const given = /^Bearer (.+)$/i.exec(c.req.header('authorization') ?? '')?.[1] ?? '';
    if (!sameSecret(given, token)) {
      throw new HttpError(
        'err.request.unauthorized',
        'Authorization: expected Bearer with the ADMIN_TOKEN',
        401,
        {
          'WWW-Authenticate': 'Bearer',
        },
      );
    }
    for (const [name, value] of Object.entries(ANSWER_HEADERS)) c.header(name, value);
    await next();
  });
  app.get('/api/status', async (c) => c.json(await inbox.counts()));
  app.get('/api/events', async (c) => {
    const { sender, ...filter } = checked(filterSchema, c.req.query());
    return c.json({ events: await inbox.list({ ...filter, senderId: sender }) });
  });
  app.get('/api/events/:id{[0-9]+}', async (c) => {
    const event = await inbox.show(Number(c.req.param('id')));
    if (!event) throw new HttpError('err.request.not_found', 'there is no event with this id');
    return c.json(event);
  });
  app.post('/api/events/retry', async (c) => {
    const which = checked(whichSchema, await c.req.json().catch(() => null));
    if ('ids' in which) return c.json({ retried: await inbox.retry(which.ids) });
    const { sender, ...filter } = which.filter;
    return c.json({ retried_count: await inbox.retryAll({ ...filter, senderId: sender }) });
  });
  app.post('/api/events/set-aside', async (c) => {
    const { ids } = checked(idsSchema, await c.req.json().catch(() => null));
    return c.json({ set_aside: await inbox.setAside(ids) });
  });
}

function checked<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new HttpError(
    'err.request.bad',
    `${issue?.path.join('.') || 'body'}: ${issue?.message ?? 'not understood'}`,
  );
}

/** Compares by hash, so that neither the length nor the first wrong character shows in the time it takes. */
function sameSecret(given: string, secret: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(secret));
}
