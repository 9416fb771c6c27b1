import { createHash } from 'node:crypto';
import type { Context, Hono } from 'hono';
import type { Logger } from 'pino';
import * as z from 'zod';
import { acknowledge } from '../dci/ack.ts';
import { bodyText, parseBody } from '../dci/envelope.ts';
import { DciError } from '../dci/errors.ts';
import type { JsonNode } from '../dci/json.ts';
import { printJson } from '../dci/json-print.ts';
import { readEventDocument } from '../events/opencrvs2-dialect.ts';
import type { EventForm } from '../events/opencrvs2-forms.ts';
import type { Inbox } from '../inbox/inbox.ts';
import { type AppEnv, requestIdOf, requestLog } from './app-env.ts';
import { carriesToken } from './bearer.ts';
import { readBody } from './body.ts';
import { ANSWER_HEADERS } from './headers.ts';
import { HttpError } from './http-error.ts';
import { acknowledged } from './openapi/error-schema.ts';
import { describeRoute } from './openapi/route.ts';
import { signatureProblem } from './shared-secret.ts';

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

export interface OpencrvsEventDependencies {
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
    const body = await readBody(c.req, settings.maxBodyBytes);
    const trust = trustOf(c, body, settings, deps.log);
    const read = readEventDocument(parseBody(bodyText(body)), settings.forms);
    if (!read) {
      const at = { correlationId: requestIdOf(c), timestamp: new Date(deps.clock()) };
      return c.json(acknowledge(at), 200, ANSWER_HEADERS);
    }
    const { messageId, message, events } = read;
    const receipt = await deps.inbox.accept({
      senderId: settings.source,
      messageId,
      // An action is never changed in OpenCRVS: its ids say all that there is.
      contentDigest: createHash('sha256').update(messageId).digest('hex'),
      action: 'notify',
      dialect: 'opencrvs2',
      kid: trust,
      receivedAt: deps.clock(),
      body: printJson(
        new Map([
          ['header', headerOf(read, settings.source)],
          ['message', message],
        ]),
        0,
      ),
      events,
    });
    if (deps.log.isLevelEnabled('debug')) {
      requestLog(c, deps.log).debug(
        {
          correlation: receipt.correlationId,
          message: receipt.inboxId,
          events: events.length,
          kind: receipt.kind,
        },
        'an event document was committed',
      );
    }
    const { correlationId, receivedAt } = receipt;
    return c.json(acknowledge({ correlationId, timestamp: new Date(receivedAt) }), 202, ANSWER_HEADERS);
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
  { secret, token }: OpencrvsEventSettings,
  log: Logger,
): string {
  const authorization = c.req.header('authorization');
  const signature = c.req.header('x-hub-signature');
  if (token !== null && authorization !== undefined && carriesToken(authorization, [token])) return 'bearer';
  const problem = secret === null ? 'missing' : signatureProblem(signature, body, [secret]);
  if (secret !== null && problem === null) return 'hmac';
  requestLog(c, log).warn({ route: OPENCRVS_EVENTS_PATH, reason: problem }, 'a signature was refused');
  if (signature === undefined && authorization === undefined) {
    throw new DciError(
      'err.signature.missing',
      null,
      'send X-Hub-Signature with the HMAC of the body, or Authorization with the Bearer token of this route',
    );
  }
  throw new DciError('err.signature.invalid', null, 'neither the signature nor the token is right');
}
