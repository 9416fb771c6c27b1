import type { Hono } from 'hono';
import * as z from 'zod';
import type { Inbox } from '../inbox/inbox.ts';
import type { KeptRefusal } from '../inbox/refusals.ts';
import { inboxRefusalFilter, refusalFields } from '../operations/filter.ts';
import type { AppEnv } from './app-env.ts';
import { INBOX_CAUSES } from './openapi/causes.ts';
import { addRoute } from './openapi/route.ts';

const refusal = z
  .object({
    id: z.int(),
    at: z.int().describe('Milliseconds since the epoch.'),
    connector: z.string().describe('What it came through, such as dci or opencrvs-v1.'),
    route: z.string().nullable(),
    senderId: z
      .string()
      .nullable()
      .describe('As registered or configured; null where the sender is not known.'),
    code: z.string().describe('As the sender saw it.'),
    status: z.int().nullable().describe('Of the answer.'),
    reason: z.string().describe('A code that says it more closely.'),
    field: z.string().nullable(),
    correlationId: z
      .string()
      .describe('Of the message where it was kept, else of the request: the log has it.'),
  })
  .meta({
    id: 'Refusal',
    description: 'A message that was not taken, or a part of one. It quotes nothing of the message.',
  }) satisfies z.ZodType<KeptRefusal>;

const query = z.object({
  ...refusalFields,
  limit: z.coerce.number().int().min(1).max(1000).optional(),
});

/**
 * `GET /api/refusals`: what was refused, newest first, as long as the audit log is kept. Add it after the operator's
 * routes: those guard everything under `/api`.
 */
export function addRefusalRoutes(app: Hono<AppEnv>, inbox: Pick<Inbox, 'refusals'>): void {
  addRoute(
    app,
    {
      method: 'get',
      path: '/api/refusals',
      summary: 'List refused messages, the latest first',
      tag: 'events',
      query,
      answers: { 200: { description: 'A page.', schema: z.object({ refusals: z.array(refusal) }) } },
      errors: INBOX_CAUSES,
    },
    async (c, { query: { limit, ...filter } }) =>
      c.json({ refusals: await inbox.refusals({ ...inboxRefusalFilter(filter), limit }) }),
  );
}
