import type { Hono } from 'hono';
import * as z from 'zod';
import { VITAL_EVENT_TYPES } from '../events/vital-event.ts';
import type { SenderView } from '../senders/sender-view.ts';
import type { AppEnv } from './app-env.ts';
import { UnreadyError } from './http-error.ts';
import { addRoute } from './openapi/route.ts';

const time = z.iso.datetime().nullable();

const senderView = z
  .object({
    senderId: z.string(),
    name: z.string(),
    problem: z.string().nullable().describe('Why none of its messages can be verified.'),
    aliases: z.array(z.string()),
    limits: z.object({
      eventTypes: z.array(z.enum(VITAL_EVENT_TYPES)).nullable(),
      maxWindowSeconds: z.number().nullable(),
      mustEncrypt: z.boolean(),
      ratePerMinute: z.number().nullable(),
    }),
    keys: z.array(
      z.object({
        kid: z.string().nullable(),
        algorithm: z.string(),
        thumbprint: z.string(),
        source: z.enum(['openspp', 'jwks', 'both']),
        endsAt: time.describe('When it ends, since it is no longer published.'),
      }),
    ),
    jwks: z
      .object({
        url: z.string(),
        fetchedAt: time,
        dueAt: time,
        problem: z.string().nullable(),
        failedAt: time,
      })
      .nullable(),
  })
  .meta({
    id: 'Sender',
    description: 'A civil registry that is trusted; no key itself, only its thumbprint.',
  });

/**
 * `GET /api/senders`: who is trusted, as `senders list --json` has it. Add it after the operator's routes: those guard
 * everything under `/api`.
 *
 * @param views null while the registry of senders was never read
 */
export function addSenderRoutes(app: Hono<AppEnv>, views: () => SenderView[] | null): void {
  addRoute(
    app,
    {
      method: 'get',
      path: '/api/senders',
      summary: 'List the senders, their keys and limits',
      tag: 'senders',
      answers: { 200: { description: 'All of them.', schema: z.object({ senders: z.array(senderView) }) } },
      errors: { 503: 'The senders were never read from OpenSPP. Try again later.' },
    },
    (c) => {
      const senders = views();
      if (!senders) throw new UnreadyError('the registry of senders was not read yet');
      return c.json({ senders });
    },
  );
}
