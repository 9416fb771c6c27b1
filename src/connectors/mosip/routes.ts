import { type KeyObject, timingSafeEqual } from 'node:crypto';
import type { Context, Hono } from 'hono';
import * as z from 'zod';
import { DciError } from '../../dci/errors.ts';
import type { JsonNode } from '../../dci/json.ts';
import { printJson } from '../../dci/json-print.ts';
import { type AppEnv, requestLog } from '../../http/app-env.ts';
import { ANSWER_HEADERS } from '../../http/headers.ts';
import { because, HttpError } from '../../http/http-error.ts';
import { INTAKE_CAUSES, LIMITED_CAUSES } from '../../http/openapi/causes.ts';
import { acknowledged } from '../../http/openapi/error-schema.ts';
import { describeRoute } from '../../http/openapi/route.ts';
import type { Inbox } from '../../inbox/inbox.ts';
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
import { TokenBucket } from '../../senders/token-bucket.ts';
import type { Signals } from '../../signals/signals.ts';
import { assertMethods } from '../methods.ts';
import { type HubSettings, leaseProof } from './hub.ts';
import { LeaseBook, leaseSecondsOf } from './leases.ts';
import { type MosipFields, readDelivery } from './read-delivery.ts';

export interface MosipSettings extends MosipFields {
  /** What the hub signs its deliveries with, by its `hub.secret`; none closes the routes. */
  secrets: readonly string[];
  /**
   * The hub that the bridge subscribes at itself: then only what proves to answer that says how long a lease is. Null
   * where somebody subscribes by hand.
   */
  hub: HubSettings | null;
  /** The partner's private keys, newest first. */
  keys: readonly KeyObject[];
  /** The name that the messages are kept under, and `verification_source` says. */
  source: string;
}

export interface MosipDependencies extends Omit<IntakeDependencies, 'signals'> {
  inbox: IntakeDependencies['inbox'] & Pick<Inbox, 'getDocument' | 'listDocuments' | 'replaceDocument'>;
  senders: NamedSenders;
  signals?: Pick<Signals, 'message' | 'mosipUncorrelated'> | undefined;
}

/** The callback that the partner subscribes with at MOSIP's WebSub hub. */
const MOSIP_PATH = '/mosip/credentials';

/** Questions of a hub that are written down: it asks once for each topic, and again weeks later. */
const WRITTEN_PER_MINUTE = 30;

/** A challenge is a UUID; whatever is longer is none of a hub's. */
const MAX_CHALLENGE = 1000;

/**
 * `GET /mosip/credentials` answers the hub's question whether a subscription is meant (W3C WebSub, 5.3); `POST` takes
 * its deliveries, signed with `X-Hub-Signature`.
 */
export function addMosipRoutes(
  app: Hono<AppEnv>,
  settings: MosipSettings & IntakeSettings,
  deps: MosipDependencies,
): void {
  const receiver = mosipReceiver(settings, deps);
  const leases = new LeaseBook(deps.inbox);
  // Anybody may ask, and each question is written down.
  const questions = new TokenBucket(WRITTEN_PER_MINUTE);
  const mayWrite = () => questions.take(deps.clock()) === 0;
  app.get(MOSIP_PATH, async (c) => {
    assertOpen(settings);
    const mode = c.req.query('hub.mode');
    const topic = c.req.query('hub.topic') ?? '';
    const challenge = c.req.query('hub.challenge') ?? '';
    const known = settings.topics.includes(topic);
    const counts = known && isOurs(topic, c.req.query('lease') ?? '', settings);
    if (mode === 'denied') {
      requestLog(c, deps.log).warn({ topic: known ? topic : undefined }, 'MOSIP’s hub denied a subscription');
      if (counts && mayWrite()) await recorded(() => leases.denied(topic, deps.clock()), c, deps);
      return c.body(null, 200, ANSWER_HEADERS);
    }
    // Anybody can ask the hub to end a subscription: only of a topic that is not wanted any more it is meant.
    const meant = (mode === 'subscribe' && known) || (mode === 'unsubscribe' && topic !== '' && !known);
    if (!meant) throw new HttpError('err.request.not_found', 'hub.topic: this is not meant');
    if (challenge === '' || challenge.length > MAX_CHALLENGE) {
      throw new HttpError('err.request.bad', 'hub.challenge: expected the text to be answered with');
    }
    const leaseSeconds = leaseSecondsOf(c.req.query('hub.lease_seconds'));
    if (mode === 'subscribe' && counts && mayWrite()) {
      await recorded(() => leases.confirmed(topic, leaseSeconds, deps.clock()), c, deps);
    }
    requestLog(c, deps.log).info(
      { mode, topic: known ? topic : undefined, leaseSeconds: leaseSeconds ?? undefined },
      'a subscription was confirmed',
    );
    return c.body(challenge, 200, { ...ANSWER_HEADERS, 'Content-Type': 'text/plain; charset=utf-8' });
  });
  app.post(MOSIP_PATH, async (c) =>
    answerTaken(c, await takeMessage(c, receiver, settings, deps), deps.clock),
  );
  describeMosipRoutes(app);
  assertMethods(app, MOSIP_PATH, 'GET', 'POST');
}

/** Whether what is said of a lease answers a subscription that the bridge made, where it makes them itself. */
function isOurs(topic: string, proof: string, { hub, secrets }: MosipSettings): boolean {
  if (hub === null) return true;
  return secrets.some((secret) => {
    const [ours, given] = [Buffer.from(leaseProof(topic, secret)), Buffer.from(proof)];
    return ours.length === given.length && timingSafeEqual(ours, given);
  });
}

/** A subscription counts even where its lease cannot be kept: without it, nothing would come. */
async function recorded(
  work: () => Promise<void>,
  c: Context<AppEnv>,
  deps: MosipDependencies,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    const { code, name } = error as { code?: string; name?: string };
    requestLog(c, deps.log).warn({ code: code ?? name }, 'the lease of a subscription could not be kept');
  }
}

function assertOpen({ secrets }: MosipSettings): void {
  if (secrets.length > 0) return;
  throw because(
    'connector.closed',
    new HttpError('err.request.forbidden', 'mosip.secret (MOSIP_SECRET) is not set; this route is closed'),
  );
}

/** Takes deliveries of MOSIP's hub: checks the signature, opens the credential, and keeps its numbers. */
function mosipReceiver(settings: MosipSettings, deps: MosipDependencies): Receiver<Uint8Array> {
  return {
    connector: 'mosip',
    messageIdField: 'event.id',
    assertOpen: () => assertOpen(settings),
    authenticate: (message) => authenticate(message, settings, deps.senders),
    read: ({ content }, message) => read(content, settings, message, deps),
  };
}

function authenticate(
  message: IncomingMessage,
  { source, secrets }: MosipSettings,
  senders: NamedSenders,
): Authenticated<Uint8Array> {
  const signature = message.header('x-hub-signature');
  if (signature) message.claims(source);
  message.assertCertificate([source], null);
  message.verifying();
  const problem = signatureProblem(signature, message.body, secrets);
  if (problem !== null) {
    const reason = SIGNATURE_REASONS[problem];
    if (problem !== 'missing') message.signatureRefused(reason);
    throw because(
      reason,
      problem === 'missing'
        ? new DciError('err.signature.missing', null, 'X-Hub-Signature: missing; subscribe with hub.secret')
        : new DciError(
            'err.signature.invalid',
            null,
            'X-Hub-Signature: not the HMAC of this body with our secret',
          ),
    );
  }
  return {
    senderId: source,
    sender: senders.find(source) ?? senders.rulesOf?.(source) ?? null,
    trust: { method: 'hmac', keyId: null },
    encrypted: false,
    content: message.body,
  };
}

/** Null for a delivery that changes nothing. */
function read(
  body: Uint8Array,
  settings: MosipSettings,
  message: IncomingMessage,
  { signals }: MosipDependencies,
): ReadMessage | null {
  const delivery = readDelivery(body, settings, settings.keys);
  if (delivery.isLost) {
    signals?.mosipUncorrelated();
    message
      .log()
      .warn(
        { topic: delivery.topic, reason: delivery.reason },
        'a credential of MOSIP does not say whose it is: nobody gets its number',
      );
    return null;
  }
  if (!delivery.message || !delivery.event || delivery.at === null) {
    message
      .log()
      .info({ topic: delivery.topic, reason: delivery.reason }, 'a delivery of MOSIP changes nothing');
    return null;
  }
  return {
    messageId: delivery.messageId,
    contentDigest: delivery.digest,
    action: 'identity',
    dialect: 'mosip',
    body: printJson(
      new Map<string, JsonNode>([
        ['header', headerOf(delivery.messageId, delivery.at, settings.source)],
        ['message', delivery.message],
      ]),
      0,
    ),
    events: [delivery.event],
  };
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
    errors: {
      403: 'The settings have no secret for this route, so that it is closed.',
      404: 'The topic is not among mosip.topics.',
    },
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
    errors: {
      ...INTAKE_CAUSES,
      ...LIMITED_CAUSES,
      401: 'The signature is missing or wrong.',
      403: 'The settings have no secret for this route, so that it is closed.',
    },
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
