import type { Context, Hono } from 'hono';
import * as z from 'zod';
import type { Inbox } from '../inbox/inbox.ts';
import { readTrust } from '../inbox/trust.ts';
import { WAITS_FOR_PEOPLE } from '../openspp/apply-mode.ts';
import {
  eventDetails,
  eventParams,
  eventSummary,
  filterOf,
  idsBody,
  inboxCounts,
  listQuery,
  whichBody,
} from './admin-schemas.ts';
import type { AppEnv } from './app-env.ts';
import type { Deed } from './audit.ts';
import { assertBearer } from './bearer.ts';
import { ANSWER_HEADERS } from './headers.ts';
import { HttpError } from './http-error.ts';
import { addRoute } from './openapi/route.ts';

export interface AdminDependencies {
  inbox: Pick<Inbox, 'list' | 'show' | 'retry' | 'retryAll' | 'setAside' | 'counts'>;
  /** Resolves once a trace of what somebody did is kept. */
  audit(c: Context<AppEnv>, deed: Omit<Deed, 'actor' | 'address'>): Promise<void>;
}

/**
 * The operator's routes, with `Authorization: Bearer <ADMIN_TOKEN>`: `GET /api/status`, `GET /api/events` (no personal
 * data), `GET /api/events/:id` (the event whole), `POST /api/events/retry` with `{"ids": [...]}` or `{"filter": {...}}`,
 * `POST /api/events/set-aside` with `{"ids": [...]}`.
 *
 * @param token null closes them
 */
export function addAdminRoutes(
  app: Hono<AppEnv>,
  token: string | null,
  { inbox, audit }: AdminDependencies,
): void {
  app.use('/api/*', async (c, next) => {
    if (token === null)
      throw new HttpError('err.request.forbidden', 'ADMIN_TOKEN is not set; these routes are closed');
    assertBearer(c.req.header('authorization'), [token], 'the ADMIN_TOKEN');
    for (const [name, value] of Object.entries(ANSWER_HEADERS)) c.header(name, value);
    await next();
  });
  addEventRoutes(app, inbox, audit);
}

function addEventRoutes(
  app: Hono<AppEnv>,
  inbox: AdminDependencies['inbox'],
  audit: AdminDependencies['audit'],
): void {
  addRoute(
    app,
    {
      method: 'get',
      path: '/api/status',
      summary: 'How many events stand where',
      tag: 'events',
      answers: { 200: { description: 'Of everything in the inbox.', schema: inboxCounts } },
      errors: [503],
    },
    async (c) => c.json(await inbox.counts(WAITS_FOR_PEOPLE)),
  );
  addRoute(
    app,
    {
      method: 'get',
      path: '/api/events',
      summary: 'List events, newest first',
      description: 'No personal data. The next page is asked for with the last id as `before`.',
      tag: 'events',
      query: listQuery,
      answers: { 200: { description: 'A page.', schema: z.object({ events: z.array(eventSummary) }) } },
      errors: [503],
    },
    async (c, { query }) => c.json({ events: await inbox.list(filterOf(query)) }),
  );
  addRoute(
    app,
    {
      method: 'get',
      path: '/api/events/:id{[0-9]+}',
      summary: 'Show one event whole',
      description: 'With personal data: the identifiers, and the message as it was received.',
      tag: 'events',
      params: eventParams,
      answers: { 200: { description: 'The event.', schema: eventDetails } },
      errors: [404, 503],
    },
    async (c, { params }) => {
      const event = await inbox.show(params.id);
      if (!event) throw new HttpError('err.request.not_found', 'there is no event with this id');
      await audit(c, { action: 'show', eventId: event.id });
      return c.json({ ...event, trust: readTrust(event.kid) });
    },
  );
  addRoute(
    app,
    {
      method: 'post',
      path: '/api/events/retry',
      summary: 'Let events be delivered again',
      description: 'Those with these ids, or all that match a filter.',
      tag: 'events',
      body: whichBody,
      answers: {
        200: {
          description: 'The ids that were found; with a filter, how many.',
          schema: z.union([z.object({ retried: z.array(z.int()) }), z.object({ retried_count: z.int() })]),
        },
      },
      errors: [503],
    },
    async (c, { body }) => {
      if ('ids' in body) {
        const retried = await inbox.retry(body.ids);
        for (const eventId of retried) await audit(c, { action: 'retry', eventId });
        return c.json({ retried });
      }
      const count = await inbox.retryAll(filterOf(body.filter));
      await audit(c, { action: 'retry_all', count });
      return c.json({ retried_count: count });
    },
  );
  addRoute(
    app,
    {
      method: 'post',
      path: '/api/events/set-aside',
      summary: 'Set events aside, so that they are not delivered',
      tag: 'events',
      body: idsBody,
      answers: {
        200: { description: 'The ids that were found.', schema: z.object({ set_aside: z.array(z.int()) }) },
      },
      errors: [503],
    },
    async (c, { body }) => {
      const aside = await inbox.setAside(body.ids);
      for (const eventId of aside) await audit(c, { action: 'set_aside', eventId });
      return c.json({ set_aside: aside });
    },
  );
}
