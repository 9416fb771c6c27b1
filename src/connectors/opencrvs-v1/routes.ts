import type { Context, Hono } from 'hono';
import * as z from 'zod';
import type { TimeZones } from '../../events/time-zone.ts';
import type { AppEnv } from '../../http/app-env.ts';
import { ANSWER_HEADERS } from '../../http/headers.ts';
import { HttpError } from '../../http/http-error.ts';
import { INTAKE_CAUSES } from '../../http/openapi/causes.ts';
import { acknowledged } from '../../http/openapi/error-schema.ts';
import { describeRoute } from '../../http/openapi/route.ts';
import { answerTaken } from '../../intake/acknowledge.ts';
import { type IntakeDependencies, type IntakeSettings, takeMessage } from '../../intake/intake.ts';
import type { NamedSenders } from '../../senders/sender-directory.ts';
import { assertMethods } from '../methods.ts';
import { webhookTopicOf } from './reader.ts';
import { assertOpen, type WebhookSettings, webhookReceiver } from './receive.ts';

const WEBHOOK_PATH = '/opencrvs/webhook';

export interface WebhookRouteSettings extends WebhookSettings, IntakeSettings {}

export interface WebhookRouteDependencies extends IntakeDependencies {
  senders: NamedSenders;
  /** Where the registries are; not known where left out. */
  zones?: TimeZones | undefined;
}

/** Adds the route that OpenCRVS 1.x posts its webhooks to, and checks a subscription with. */
export function addWebhookRoutes(
  app: Hono<AppEnv>,
  settings: WebhookRouteSettings,
  deps: WebhookRouteDependencies,
): void {
  const receiver = webhookReceiver(settings, deps.senders, deps.zones);
  app.get(WEBHOOK_PATH, (c) => {
    assertOpen(settings);
    return c.json({ challenge: challengeOf(c) }, 200, ANSWER_HEADERS);
  });
  app.post(WEBHOOK_PATH, async (c) =>
    answerTaken(c, await takeMessage(c, receiver, settings, deps), deps.clock),
  );
  describeWebhookRoutes(app);
  assertMethods(app, WEBHOOK_PATH, 'GET', 'POST');
}

function describeWebhookRoutes(app: Hono<AppEnv>): void {
  const webhook = { path: WEBHOOK_PATH, tag: 'notifications' } as const;
  describeRoute(app, {
    ...webhook,
    method: 'get',
    summary: 'Confirm a subscription of an OpenCRVS 1.x',
    query: z.object({
      mode: z.literal('subscribe'),
      topic: z.string(),
      challenge: z.string().max(LONGEST_CHALLENGE),
    }),
    answers: { 200: { description: 'The challenge.', schema: z.object({ challenge: z.string() }) } },
    errors: { 404: 'The settings have no secret for webhooks, so that there is no such route.' },
  });
  describeRoute(app, {
    ...webhook,
    method: 'post',
    summary: 'Deliver a webhook of an OpenCRVS 1.x',
    headers: { 'X-Hub-Signature': '`sha256=` and the HMAC with the client’s SHA secret, in hex.' },
    body: z.looseObject({
      id: z.string(),
      timestamp: z.string(),
      event: z.looseObject({ hub: z.looseObject({ topic: z.string() }), context: z.array(z.unknown()) }),
    }),
    answers: { 202: { description: 'Kept.', schema: acknowledged } },
    errors: {
      ...INTAKE_CAUSES,
      401: 'The signature is missing or wrong.',
      404: 'The settings have no secret for webhooks, so that there is no such route.',
    },
  });
}

/** OpenCRVS makes one of 24 characters; it comes back as it came, and into nothing else. */
const LONGEST_CHALLENGE = 1024;

function challengeOf(c: Context<AppEnv>): string {
  const refuse = (message: string) => new HttpError('err.request.bad', message);
  const { mode, topic, challenge } = c.req.query();
  if (mode !== 'subscribe') throw refuse('mode: expected "subscribe"');
  if (webhookTopicOf(topic) === null) {
    throw refuse('topic: expected BIRTH_ or DEATH_ and then REGISTERED, CERTIFIED or CORRECTED');
  }
  if (!challenge || challenge.length > LONGEST_CHALLENGE) throw refuse('challenge: missing or too long');
  return challenge;
}
