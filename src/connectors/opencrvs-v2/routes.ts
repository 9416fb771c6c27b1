import type { Hono } from 'hono';
import * as z from 'zod';
import { bodyText, parseBody } from '../../dci/envelope.ts';
import { DciError } from '../../dci/errors.ts';
import type { JsonNode } from '../../dci/json.ts';
import { printJson } from '../../dci/json-print.ts';
import { NO_ZONES, type TimeZones } from '../../events/time-zone.ts';
import type { AppEnv } from '../../http/app-env.ts';
import { carriesToken } from '../../http/bearer.ts';
import { because, HttpError } from '../../http/http-error.ts';
import { INTAKE_CAUSES, LIMITED_CAUSES } from '../../http/openapi/causes.ts';
import { acknowledged } from '../../http/openapi/error-schema.ts';
import { describeRoute } from '../../http/openapi/route.ts';
import type { TrustMethod } from '../../inbox/trust.ts';
import { answerTaken } from '../../intake/acknowledge.ts';
import {
  type Authenticated,
  type IncomingMessage,
  type IntakeDependencies,
  type IntakeSettings,
  type ReadMessage,
  type Receiver,
  takeMessage,
} from '../../intake/intake.ts';
import { SIGNATURE_REASONS, signatureProblem } from '../../intake/shared-secret.ts';
import type { NamedSenders } from '../../senders/sender-directory.ts';
import { assertMethods } from '../methods.ts';
import type { EventForm } from './forms.ts';
import { readEventDocument } from './reader.ts';

export interface OpencrvsEventSettings {
  /** What `X-Hub-Signature` is made with; null where nobody signs. */
  secret: string | null;
  /** What `Authorization: Bearer` carries; null where nobody does. Without both the route is closed. */
  token: string | null;
  /** The name that the messages are kept under, and `verification_source` says. */
  source: string;
  /** By the event's type in the country's configuration. */
  forms: ReadonlyMap<string, EventForm>;
  /** The types that the settings drop; of others without a form the log warns. */
  dropped?: ReadonlySet<string>;
}

export interface OpencrvsEventDependencies extends IntakeDependencies {
  senders: NamedSenders;
  /** Where the registries are; not known where left out. */
  zones?: TimeZones | undefined;
}

/** Where a country's configuration server forwards the event documents of OpenCRVS 2.x to. */
const OPENCRVS_EVENTS_PATH = '/opencrvs/events';

/**
 * `POST /opencrvs/events`: an event document, as OpenCRVS's core posts it to `/trigger/events/{type}/actions/{action}`
 * of the country's configuration server. Answered with 202 once it is committed; 200 where there is nothing to do.
 */
export function addOpencrvsEventRoutes(
  app: Hono<AppEnv>,
  settings: OpencrvsEventSettings & IntakeSettings,
  deps: OpencrvsEventDependencies,
): void {
  const receiver = eventReceiver(settings, deps.senders, deps.zones ?? NO_ZONES);
  app.post(OPENCRVS_EVENTS_PATH, async (c) =>
    answerTaken(c, await takeMessage(c, receiver, settings, deps), deps.clock),
  );
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
    errors: {
      ...INTAKE_CAUSES,
      ...LIMITED_CAUSES,
      401: 'The signature or the token is missing or wrong.',
      403: 'The settings have no secret for this route, so that it is closed.',
    },
  });
  assertMethods(app, OPENCRVS_EVENTS_PATH, 'POST');
}

/** Takes event documents of OpenCRVS 2.x: checks the signature or the token, and reads the registration. */
function eventReceiver(
  settings: OpencrvsEventSettings,
  senders: NamedSenders,
  zones: TimeZones,
): Receiver<string> {
  return {
    connector: 'opencrvs-v2',
    messageIdField: 'actions',
    assertOpen() {
      if (settings.secret !== null || settings.token !== null) return;
      throw because(
        'connector.closed',
        new HttpError(
          'err.request.forbidden',
          'opencrvs_events.secret (OPENCRVS_EVENTS_SECRET) and opencrvs_events.token (OPENCRVS_EVENTS_TOKEN) are not set; this route is closed',
        ),
      );
    },
    authenticate: (message) => authenticate(message, settings, senders),
    read: ({ content }, message) => read(content, settings, zones, message),
  };
}

function authenticate(
  message: IncomingMessage,
  settings: OpencrvsEventSettings,
  senders: NamedSenders,
): Authenticated<string> {
  const sender = senders.find(settings.source) ?? senders.rulesOf?.(settings.source) ?? null;
  const method = trustOf(message, settings);
  return {
    senderId: settings.source,
    sender,
    trust: { method, keyId: null },
    encrypted: false,
    content: bodyText(message.body),
  };
}

/** A type as a country configures it; anything else may hold anything. */
const LOGGABLE_TYPE = /^(?!.*\d{5})[\w.-]{1,64}$/;

function read(
  text: string,
  { forms, source, dropped }: OpencrvsEventSettings,
  zones: TimeZones,
  message: IncomingMessage,
): ReadMessage | null {
  const document = readEventDocument(parseBody(text), forms, zones(source), (type) => {
    if (dropped?.has(type)) return;
    const entry = { type: LOGGABLE_TYPE.test(type) ? type : undefined };
    message
      .log()
      .warn(entry, 'a registration of OpenCRVS was not kept: opencrvs_events.forms has no form for its type');
  });
  if (!document) return null;
  const { messageId, digest, events, refused } = document;
  return {
    messageId,
    contentDigest: digest,
    action: 'notify',
    dialect: 'opencrvs2',
    body: printJson(
      new Map([
        ['header', headerOf(document, source)],
        ['message', document.message],
      ]),
      0,
    ),
    events,
    refused,
  };
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

/** How the server proved itself. @throws {DciError} where it did not */
function trustOf(
  message: IncomingMessage,
  { secret, token, source }: OpencrvsEventSettings,
): Extract<TrustMethod, 'hmac' | 'bearer'> {
  const authorization = message.header('authorization');
  const signature = message.header('x-hub-signature');
  const bare = !signature && !authorization;
  if (!bare) message.claims(source);
  message.assertCertificate([source], null);
  message.verifying();
  const isBearer = token !== null && authorization !== undefined && carriesToken(authorization, [token]);
  const problem = secret === null ? 'missing' : signatureProblem(signature, message.body, [secret]);
  if (isBearer) return 'bearer';
  if (problem === null) return 'hmac';
  // A wrong token is not a missing signature.
  const reason = bare || problem !== 'missing' ? SIGNATURE_REASONS[problem] : SIGNATURE_REASONS.wrong;
  if (!bare) message.signatureRefused(reason);
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
