import type { KeyObject } from 'node:crypto';
import type { Context, Hono } from 'hono';
import type { Logger } from 'pino';
import * as z from 'zod';
import { DciError } from '../dci/errors.ts';
import type { JsonNode } from '../dci/json.ts';
import { printJson } from '../dci/json-print.ts';
import type { Inbox, Receipt } from '../inbox/inbox.ts';
import { type MosipFields, readDelivery } from '../mosip/read-delivery.ts';
import { type AppEnv, requestLog } from './app-env.ts';
import { readBody } from './body.ts';
import { ANSWER_HEADERS } from './headers.ts';
import { because, ConflictError, HttpError } from './http-error.ts';
import { acknowledged } from './openapi/error-schema.ts';
import { describeRoute } from './openapi/route.ts';
import { answerReceipt } from './receipt-answer.ts';
import { SIGNATURE_REASONS, signatureProblem } from './shared-secret.ts';
import { type ClaimedRequest, type MessageWatchers, watchMessage } from './watch-message.ts';

export interface MosipSettings extends MosipFields {
  /** What the hub signs its deliveries with, as it was told with `hub.secret`; none closes the routes. */
  secrets: readonly string[];
  /** The partner's private keys, newest first. */
  keys: readonly KeyObject[];
  /** The name that the messages are kept under, and `verification_source` says. */
  source: string;
  maxBodyBytes: number;
}

export interface MosipDependencies extends MessageWatchers {
  inbox: Pick<Inbox, 'accept'>;
  log: Logger;
  /** Milliseconds since the epoch. */
  clock(): number;
}

/** The callback that the partner subscribes with at MOSIP's WebSub hub. */
export const MOSIP_PATH = '/mosip/credentials';

/** A challenge is a UUID; whatever is longer is none of a hub's. */
const MAX_CHALLENGE = 1000;

/**
 * `GET /mosip/credentials` answers the hub's question whether a subscription is meant (W3C WebSub, 5.3); `POST` takes
 * its deliveries, signed with `X-Hub-Signature`.
 */
export function addMosipRoutes(app: Hono<AppEnv>, settings: MosipSettings, deps: MosipDependencies): void {
  const assertOpen = () => {
    if (settings.secrets.length > 0) return;
    throw new HttpError(
      'err.request.forbidden',
      'mosip.secret (MOSIP_SECRET) is not set; this route is closed',
    );
  };
  app.get(MOSIP_PATH, (c) => {
    assertOpen();
    const mode = c.req.query('hub.mode');
    const topic = c.req.query('hub.topic') ?? '';
    const challenge = c.req.query('hub.challenge') ?? '';
    const known = settings.topics.includes(topic);
    if (mode === 'denied') {
      requestLog(c, deps.log).warn({ topic: known ? topic : undefined }, 'MOSIP’s hub denied a subscription');
      return c.body(null, 200, ANSWER_HEADERS);
    }
    // Anybody can ask the hub to end a subscription: only of a topic that is not wanted any more it is meant.
    const meant = (mode === 'subscribe' && known) || (mode === 'unsubscribe' && topic !== '' && !known);
    if (!meant) throw new HttpError('err.request.not_found', 'hub.topic: this is not meant');
    if (challenge === '' || challenge.length > MAX_CHALLENGE) {
      throw new HttpError('err.request.bad', 'hub.challenge: expected the text to be answered with');
    }
    requestLog(c, deps.log).info({ mode, topic: known ? topic : undefined }, 'a subscription was confirmed');
    return c.body(challenge, 200, { ...ANSWER_HEADERS, 'Content-Type': 'text/plain; charset=utf-8' });
  });
  app.post(MOSIP_PATH, async (c) => {
    assertOpen();
    const receipt = await watchMessage(c, deps, (seen) => take(c, settings, deps, seen));
    return answerReceipt(c, receipt, deps.clock);
  });
  describeMosipRoutes(app);
  app.all(MOSIP_PATH, () => {
    throw new HttpError('err.request.bad', 'this route takes GET and POST', 405, {
      Allow: 'GET, HEAD, POST',
    });
  });
}

/** Takes a delivery; null for one that changes nothing. */
async function take(
  c: Context<AppEnv>,
  settings: MosipSettings,
  { inbox, log, clock }: MosipDependencies,
  seen: ClaimedRequest,
): Promise<Receipt | null> {
  const { signals } = seen;
  const body = await readBody(c.req, settings.maxBodyBytes);
  const signature = c.req.header('x-hub-signature');
  if (signature) seen.claims(settings.source);
  signals.verifying();
  const problem = signatureProblem(signature, body, settings.secrets);
  if (problem !== null) {
    requestLog(c, log).warn({ route: MOSIP_PATH, reason: problem }, 'a signature was refused');
    if (problem !== 'missing') signals.signatureRefused(SIGNATURE_REASONS[problem]);
    throw because(
      SIGNATURE_REASONS[problem],
      problem === 'missing'
        ? new DciError('err.signature.missing', null, 'X-Hub-Signature: missing; subscribe with hub.secret')
        : new DciError(
            'err.signature.invalid',
            null,
            'X-Hub-Signature: not the HMAC of this body with our secret',
          ),
    );
  }
  signals.verified();
  const read = readDelivery(body, settings, settings.keys, clock());
  if (!read.message || !read.event) {
    requestLog(c, log).info(
      { topic: read.topic, reason: read.reason },
      'a delivery of MOSIP changes nothing',
    );
    signals.committing(null);
    return null;
  }
  signals.committing('mosip');
  const receipt = await inbox.accept({
    correlationId: seen.id,
    senderId: settings.source,
    messageId: read.messageId,
    contentDigest: read.digest,
    action: 'identity',
    dialect: 'mosip',
    kid: 'hmac',
    receivedAt: clock(),
    body: printJson(
      new Map<string, JsonNode>([
        ['header', headerOf(read.messageId, read.at, settings.source)],
        ['message', read.message],
      ]),
      0,
    ),
    events: [read.event],
  });
  signals.committed();
  if (receipt.kind === 'conflict') {
    throw new ConflictError('event.id: was used before, for another event; give each event its own');
  }
  return receipt;
}

function describeMosipRoutes(app: Hono<AppEnv>): void {
  const hub = { path: MOSIP_PATH, tag: 'notifications' } as const;
  describeRoute(app, {
    ...hub,
    method: 'get',
    summary: 'Confirm a subscription at MOSIP’s WebSub hub',
    query: z.object({
      'hub.mode': z.string().optional(),
      'hub.topic': z.string().optional(),
      'hub.challenge': z.string().optional(),
    }),
    answers: { 200: { description: 'The challenge.', type: 'text/plain' } },
    errors: [403, 404],
  });
  describeRoute(app, {
    ...hub,
    method: 'post',
    summary: 'Deliver what MOSIP says of an identity',
    headers: { 'X-Hub-Signature': 'The HMAC of the body with `hub.secret`.' },
    body: z.looseObject({ topic: z.string().optional(), event: z.looseObject({}).optional() }),
    answers: {
      200: { description: 'It changes nothing.', schema: acknowledged },
      202: { description: 'Kept.', schema: acknowledged },
    },
    errors: [401, 403, 409, 413, 415, 503],
  });
}

function headerOf(messageId: string, at: number, source: string): JsonNode {
  return new Map<string, JsonNode>([
    ['message_id', messageId],
    ['message_ts', new Date(at).toISOString()],
    ['action', 'identity'],
    ['sender_id', source],
  ]);
}
