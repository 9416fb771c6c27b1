import type { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import * as z from 'zod';
import type { EventAction } from '../inbox/event-actions.ts';
import type { Inbox } from '../inbox/inbox.ts';
import { readTrust } from '../inbox/trust.ts';
import { notLate } from '../openspp/apply-mode.ts';
import type { Operator } from '../operations/auditor.ts';
import type { EventOperations, Selection } from '../operations/events.ts';
import { FilterError, queryOf } from '../operations/filter.ts';
import {
  eventDetails,
  eventParams,
  eventSummary,
  inboxCounts,
  listQuery,
  retryResult,
  selectionBody,
  setAsideResult,
} from './admin-schemas.ts';
import type { AppEnv } from './app-env.ts';
import { assertBearer } from './bearer.ts';
import type { Clients } from './client.ts';
import { ANSWER_HEADERS } from './headers.ts';
import { HttpError } from './http-error.ts';
import { INBOX_CAUSES } from './openapi/causes.ts';
import { addRoute } from './openapi/route.ts';

export interface AdminDependencies {
  inbox: Pick<Inbox, 'counts'>;
  operations: EventOperations;
  clients: Pick<Clients, 'addressOf'>;
  clock: () => number;
}

/** What an operator may send in one request: 1 MiB is a list of about 100,000 ids. */
const MAX_BODY_BYTES = 1_048_576;

/**
 * The operator's routes, with `Authorization: Bearer <ADMIN_TOKEN>`: `GET /api/status`, `GET /api/events` (no personal
 * data), `GET /api/events/:id` (the event whole), `POST /api/events/retry` and `POST /api/events/set-aside`, both with
 * `{"ids": [...]}` or `{"filter": {...}}`.
 *
 * @param token null closes them
 */
export function addAdminRoutes(app: Hono<AppEnv>, token: string | null, deps: AdminDependencies): void {
  app.use('/api/*', async (c, next) => {
    if (token === null)
      throw new HttpError('err.request.forbidden', 'ADMIN_TOKEN is not set; these routes are closed');
    assertBearer(c.req.header('authorization'), [token], 'the ADMIN_TOKEN');
    for (const [name, value] of Object.entries(ANSWER_HEADERS)) c.header(name, value);
    await next();
  });
  app.use(
    '/api/*',
    bodyLimit({
      maxSize: MAX_BODY_BYTES,
      onError() {
        const message = `the body is larger than ${MAX_BODY_BYTES} bytes: name fewer events, or a filter`;
        throw new HttpError('err.request.bad', message, 413, { Connection: 'close' });
      },
    }),
  );
  addEventRoutes(app, deps);
  addActionRoutes(app, deps);
}

function addEventRoutes(app: Hono<AppEnv>, { inbox, operations, clients, clock }: AdminDependencies): void {
  addRoute(
    app,
    {
      method: 'get',
      path: '/api/status',
      summary: 'Count the events by state',
      tag: 'events',
      answers: { 200: { description: 'Of everything in the inbox.', schema: inboxCounts } },
      errors: INBOX_CAUSES,
    },
    async (c) => c.json(await inbox.counts(notLate(clock()))),
  );
  addRoute(
    app,
    {
      method: 'get',
      path: '/api/events',
      summary: 'List events, newest first',
      description:
        'No personal data. For the next page, give the last id as `before`; from the oldest, as `after`.',
      tag: 'events',
      query: listQuery,
      answers: { 200: { description: 'A page.', schema: z.object({ events: z.array(eventSummary) }) } },
      errors: INBOX_CAUSES,
    },
    async (c, { query: { order, limit, before, after, ...filter } }) =>
      c.json({
        events: await operations.list(understood(filter), { order, limit, before, after }),
      }),
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
      errors: { ...INBOX_CAUSES, 404: 'There is no event with this id.' },
    },
    async (c, { params }) => {
      const event = await operations.show(params.id, { actor: 'api', address: clients.addressOf(c) });
      if (!event) throw new HttpError('err.request.not_found', 'there is no event with this id');
      return c.json({ ...event, trust: readTrust(event.kid) });
    },
  );
}

function addActionRoutes(app: Hono<AppEnv>, { operations, clients }: AdminDependencies): void {
  const act = (action: EventAction, body: z.output<typeof selectionBody>, by: Operator) => {
    const selection: Selection = 'ids' in body ? body : { query: understood(body.filter) };
    return operations.act(action, selection, by);
  };
  const rest = {
    method: 'post',
    tag: 'events',
    description:
      'Those with these ids, or all that match a filter. What cannot be changed is counted by its reason.',
    body: selectionBody,
    errors: INBOX_CAUSES,
  } as const;
  addRoute(
    app,
    {
      ...rest,
      path: '/api/events/retry',
      summary: 'Deliver events again',
      answers: { 200: { description: 'What was changed.', schema: retryResult } },
    },
    async (c, { body }) => {
      const by = { actor: 'api', address: clients.addressOf(c) };
      const { ids, changed, skipped, auditId } = await act('retry', body, by);
      return c.json({ retried: ids, retried_count: changed, skipped, audit_id: auditId });
    },
  );
  addRoute(
    app,
    {
      ...rest,
      path: '/api/events/set-aside',
      summary: 'Set events aside, so that they are not delivered',
      answers: { 200: { description: 'What was changed.', schema: setAsideResult } },
    },
    async (c, { body }) => {
      const by = { actor: 'api', address: clients.addressOf(c) };
      const { ids, changed, skipped, auditId } = await act('set_aside', body, by);
      return c.json({ set_aside: ids, set_aside_count: changed, skipped, audit_id: auditId });
    },
  );
}

function understood(fields: Parameters<typeof queryOf>[0]): ReturnType<typeof queryOf> {
  try {
    return queryOf(fields);
  } catch (error) {
    if (error instanceof FilterError) throw new HttpError('err.request.bad', error.message);
    throw error;
  }
}
