import { createHash } from 'node:crypto';
import type { Context, Hono } from 'hono';
import type { Logger } from 'pino';
import * as z from 'zod';
import { bodyText, parseBody } from '../dci/envelope.ts';
import { DciError } from '../dci/errors.ts';
import type { JsonNode } from '../dci/json.ts';
import { printJson } from '../dci/json-print.ts';
import { readEventDocument } from '../events/opencrvs2-dialect.ts';
import type { EventForm } from '../events/opencrvs2-forms.ts';
import type { Inbox, Receipt } from '../inbox/inbox.ts';
import { type AppEnv, requestLog } from './app-env.ts';
import { carriesToken } from './bearer.ts';
import { readBody } from './body.ts';
import { because, HttpError } from './http-error.ts';
import { acknowledged } from './openapi/error-schema.ts';
import { describeRoute } from './openapi/route.ts';
import { answerReceipt } from './receipt-answer.ts';
import { SIGNATURE_REASONS, signatureProblem } from './shared-secret.ts';
import { type ClaimedRequest, type MessageWatchers, watchMessage } from './watch-message.ts';

export interface OpencrvsEventSettings {
  /** What `X-Hub-Signature` is made with; null where nobody signs. */
  secret: string | null;
  /** What `Authorization: Bearer` carries; null where nobody does. Without both the route is closed. */
  token: string | null;
  /** The name that the messages are kept under, and `verification_source` says. */
  source: string;
  maxBodyBytes: number;
  /** By the event's type in the country's configuration. */
  forms: ReadonlyMap<string, EventForm>;
}

export interface OpencrvsEventDependencies extends MessageWatchers {
  inbox: Pick<Inbox, 'accept'>;
  log: Logger;
  /** Milliseconds since the epoch. */
  clock(): number;
}

/** Where a country's configuration server forwards the event documents of OpenCRVS 2.x to. */
export const OPENCRVS_EVENTS_PATH = '/opencrvs/events';

/**
 * `POST /opencrvs/events`: an event document, as OpenCRVS's core posts it to `/trigger/events/{type}/actions/{action}`
 * of the country's configuration server. Answered with 202 once it is committed; 200 where there is nothing to do.
 */
export function addOpencrvsEventRoutes(
  app: Hono<AppEnv>,
  settings: OpencrvsEventSettings,
  deps: OpencrvsEventDependencies,
): void {
  app.post(OPENCRVS_EVENTS_PATH, async (c) => {
    if (settings.secret === null && settings.token === null) {
      throw new HttpError(
        'err.request.forbidden',
        'opencrvs_events.secret (OPENCRVS_EVENTS_SECRET) and opencrvs_events.token (OPENCRVS_EVENTS_TOKEN) are not set; this route is closed',
      );
    }
    const receipt = await watchMessage(c, deps, (seen) => take(c, settings, deps, seen));
    return answerReceipt(c, receipt, deps.clock);
  });
  describeRoute(app, {
    method: 'post',
    path: OPENCRVS_EVENTS_PATH,
    summary: 'Forward an event document of OpenCRVS 2.x',
    description: 'Signed in `X-Hub-Signature`, or with a token; docs/opencrvs.md has both.',
    tag: 'notifications',
    headers: {
      'X-Hub-Signature': '`sha256=` and the HMAC of the body, in hex.',
    },
    body: z.looseObject({ id: z.string(), type: z.string(), actions: z.array(z.looseObject({})) }),
    answers: {
      200: { description: 'There is nothing to do.', schema: acknowledged },
      202: { description: 'The registration is kept.', schema: acknowledged },
    },
    errors: [401, 403, 413, 415, 503],
  });
  app.all(OPENCRVS_EVENTS_PATH, () => {
    throw new HttpError('err.request.bad', 'this route takes POST', 405, { Allow: 'POST' });
  });
}

/** Takes an event document; null where there is nothing to do. */
async function take(
  c: Context<AppEnv>,
  settings: OpencrvsEventSettings,
  { inbox, log, clock }: OpencrvsEventDependencies,
  seen: ClaimedRequest,
): Promise<Receipt | null> {
  const { signals } = seen;
  const body = await readBody(c.req, settings.maxBodyBytes);
  const trust = trustOf(c, body, settings, log, seen);
  const read = readEventDocument(parseBody(bodyText(body)), settings.forms);
  if (!read) {
    signals.committing(null);
    return null;
  }
  const { messageId, message, events } = read;
  signals.committing(DIALECT);
  const receipt = await inbox.accept({
    correlationId: seen.id,
    senderId: settings.source,
    messageId,
    // An action is never changed in OpenCRVS: its ids say all that there is.
    contentDigest: createHash('sha256').update(messageId).digest('hex'),
    action: 'notify',
    dialect: DIALECT,
    kid: trust,
    receivedAt: clock(),
    body: printJson(
      new Map([
        ['header', headerOf(read, settings.source)],
        ['message', message],
      ]),
      0,
    ),
    events,
  });
  signals.committed();
  if (log.isLevelEnabled('debug')) {
    const { correlationId, inboxId, kind } = receipt;
    requestLog(c, log).debug(
      { correlation: correlationId, message: inboxId, events: events.length, kind },
      'an event document was committed',
    );
  }
  return receipt;
}

const DIALECT = 'opencrvs2';

/** What OpenSPP shows as the header of the message that an event came from. */
function headerOf({ messageId, at }: { messageId: string; at: string }, source: string): JsonNode {
  return new Map<string, JsonNode>([
    ['version', '1.0.0'],
    ['message_id', messageId],
    ['message_ts', at],
    ['action', 'notify'],
    ['sender_id', source],
  ]);
}

/** How the server proved itself: `hmac` or `bearer`. @throws {DciError} where it did not */
function trustOf(
  c: Context<AppEnv>,
  body: Uint8Array,
  { secret, token, source }: OpencrvsEventSettings,
  log: Logger,
  { signals, claims }: ClaimedRequest,
): string {
  const authorization = c.req.header('authorization');
  const signature = c.req.header('x-hub-signature');
  const bare = !signature && !authorization;
  if (!bare) claims(source);
  signals.verifying();
  const isBearer = token !== null && authorization !== undefined && carriesToken(authorization, [token]);
  const problem = secret === null ? 'missing' : signatureProblem(signature, body, [secret]);
  if (isBearer || problem === null) {
    signals.verified();
    return isBearer ? 'bearer' : 'hmac';
  }
  // A token that is none of ours is no missing signature.
  const reason = bare || problem !== 'missing' ? SIGNATURE_REASONS[problem] : SIGNATURE_REASONS.wrong;
  if (!bare) signals.signatureRefused(reason);
  requestLog(c, log).warn({ route: OPENCRVS_EVENTS_PATH, reason: problem }, 'a signature was refused');
  throw because(
    reason,
    bare
      ? new DciError(
          'err.signature.missing',
          null,
          'send X-Hub-Signature with the HMAC of the body, or Authorization with the Bearer token of this route',
        )
      : new DciError('err.signature.invalid', null, 'neither the signature nor the token is right'),
  );
}
