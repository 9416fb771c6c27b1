import type { Context, Hono } from 'hono';
import type { Logger } from 'pino';
import * as z from 'zod';
import { DciError } from '../../dci/errors.ts';
import { webhookTopicOf } from '../../events/opencrvs/webhook-dialect.ts';
import { type AppEnv, requestLog } from '../app-env.ts';
import { readBody } from '../body.ts';
import type { Clients } from '../client.ts';
import { ANSWER_HEADERS } from '../headers.ts';
import { HttpError } from '../http-error.ts';
import { acknowledged } from '../openapi/error-schema.ts';
import { describeRoute } from '../openapi/route.ts';
import { answerReceipt } from '../receipt-answer.ts';
import { type MessageWatchers, watchMessage } from '../watch-message.ts';
import { receiveWebhook, type WebhookDependencies, type WebhookSettings } from './receive-webhook.ts';

export const WEBHOOK_PATH = '/opencrvs/webhook';

export interface WebhookRouteSettings {
  webhooks: WebhookSettings;
  maxBodyBytes: number;
  /** Whether a message is taken only from a client whose certificate names its sender. */
  clientIsSender: boolean;
}

export interface WebhookRouteDependencies extends WebhookDependencies, MessageWatchers {
  clients: Pick<Clients, 'certificateNamesOf'>;
  log: Logger;
}

/** Adds the route that OpenCRVS 1.x posts its webhooks to, and checks a subscription with. */
export function addWebhookRoutes(
  app: Hono<AppEnv>,
  settings: WebhookRouteSettings,
  deps: WebhookRouteDependencies,
): void {
  const { webhooks } = settings;
  const assertOpen = () => {
    if (webhooks.secrets.length > 0) return;
    throw new HttpError(
      'err.request.not_found',
      'this bridge takes no webhooks of OpenCRVS: its operator has set no secret (opencrvs_webhooks.secrets)',
    );
  };
  app.get(WEBHOOK_PATH, (c) => {
    assertOpen();
    return c.json({ challenge: challengeOf(c) }, 200, ANSWER_HEADERS);
  });
  app.post(WEBHOOK_PATH, async (c) => {
    assertOpen();
    const log = requestLog(c, deps.log);
    const receipt = await watchMessage(c, deps, async (seen) => {
      const body = await readBody(c.req, settings.maxBodyBytes);
      assertCertificate(c, settings, deps);
      const signature = c.req.header('x-hub-signature');
      const received = await receiveWebhook(body, signature, webhooks, deps, seen).catch((error: unknown) => {
        // OpenCRVS does not look at the answer: whatever is refused is lost to it, so an operator must find it here.
        // The sentence quotes nothing of the record.
        if (error instanceof DciError)
          log.warn({ reason: error.message }, 'a webhook of OpenCRVS was refused');
        throw error;
      });
      if (!received.known)
        log.warn('a webhook of OpenCRVS has a topic that OpenSPP has no event for; it was kept unread');
      return received.receipt;
    });
    return answerReceipt(c, receipt, deps.clock);
  });
  describeWebhookRoutes(app);
  app.all(WEBHOOK_PATH, () => {
    throw new HttpError('err.request.bad', 'this route takes GET and POST', 405, {
      Allow: 'GET, HEAD, POST',
    });
  });
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
    errors: [404],
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
    errors: [401, 404, 413, 415, 503],
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

function assertCertificate(
  c: Context<AppEnv>,
  { webhooks, clientIsSender }: WebhookRouteSettings,
  { clients, senders }: WebhookRouteDependencies,
): void {
  if (!clientIsSender) return;
  const names = clients.certificateNamesOf(c);
  const known = senders.find(webhooks.senderId)?.senderId ?? webhooks.senderId;
  if (names.includes(webhooks.senderId) || names.includes(known)) return;
  throw new DciError(
    'err.sender_id.invalid',
    null,
    'the certificate of this connection is not for the sender of these webhooks (opencrvs_webhooks.sender_id)',
  );
}
