import { createHash } from 'node:crypto';
import { canonicalText } from '../../dci/canonical.ts';
import { bodyText } from '../../dci/envelope.ts';
import { DciError } from '../../dci/errors.ts';
import { isJsonObject, type JsonObject, JsonSyntaxError, parseJson } from '../../dci/json.ts';
import { printJson } from '../../dci/json-print.ts';
import { isWebhook, readWebhookEvents, webhookTopicOf } from '../../events/opencrvs/webhook-dialect.ts';
import type { Inbox, Receipt } from '../../inbox/inbox.ts';
import { assertEncrypted, assertEventTypes, NO_LIMITS } from '../../senders/limits.ts';
import type { SenderDirectory } from '../../senders/sender-directory.ts';
import { because, TooManyRequestsError } from '../http-error.ts';
import type { ClaimedRequest } from '../watch-message.ts';
import { checkHubSignature, type HubSignature } from './hub-signature.ts';

export interface WebhookSettings {
  /** Under which the messages stand, as if it were their `header.sender_id`. */
  senderId: string;
  /** The SHA secrets of the clients in OpenCRVS; none closes the route. */
  secrets: readonly string[];
}

export interface WebhookDependencies {
  inbox: Pick<Inbox, 'accept'>;
  senders: Pick<SenderDirectory, 'find'>;
  /** Milliseconds since the epoch. */
  clock(): number;
}

/** A webhook that was committed. */
export interface ReceivedWebhook {
  receipt: Receipt;
  /** Whether its topic is one that says something to OpenSPP; one of any other topic has no events. */
  known: boolean;
}

/**
 * Takes a webhook of OpenCRVS 1.x: verifies its signature, reads its event, and commits it. Resolves only once it is on
 * disk.
 *
 * @param signature of `X-Hub-Signature`
 * @param seen makes the message's correlation id that of its request
 * @throws {DciError} where it is refused
 * @throws {InboxUnavailableError} where nothing could be committed
 */
export async function receiveWebhook(
  body: Uint8Array,
  signature: string | undefined,
  settings: WebhookSettings,
  { inbox, senders, clock }: WebhookDependencies,
  seen: ClaimedRequest,
): Promise<ReceivedWebhook> {
  const { signals } = seen;
  const text = bodyText(body);
  const sender = senders.find(settings.senderId);
  const senderId = sender?.senderId ?? settings.senderId;
  if (signature) seen.claims(senderId);
  signals.verifying();
  const checked = checkHubSignature(signature, text, settings.secrets);
  if (checked !== 'good') {
    if (checked !== 'missing') signals.signatureRefused(REASONS[checked]);
    throw because(REASONS[checked], refusal(checked));
  }
  signals.verified();
  const payload = readPayload(text);
  const limits = sender?.limits ?? NO_LIMITS;
  assertEncrypted(limits, false);
  const events = readWebhookEvents(payload);
  assertEventTypes(limits, events);
  const waitSeconds = sender?.rate?.take(clock()) ?? 0;
  if (waitSeconds > 0) throw new TooManyRequestsError(waitSeconds);
  const known = webhookTopicOf(topicOf(payload)) !== null;
  signals.committing(known ? DIALECT : null);
  const digest = digestOf(payload);
  const messageId = `sha256:${digest}`;
  const receipt = await inbox.accept({
    correlationId: seen.id,
    senderId,
    messageId,
    contentDigest: digest,
    action: 'notify',
    dialect: DIALECT,
    kid: null,
    receivedAt: clock(),
    body: printJson(envelopeOf(payload, senderId, messageId), 0),
    events,
  });
  signals.committed();
  return { receipt, known };
}

const DIALECT = 'opencrvs-webhook';

/** In the words of the signatures in envelopes. */
const REASONS = {
  missing: 'signature.missing',
  malformed: 'signature.unreadable',
  wrong: 'signature.mismatch',
} as const satisfies Record<Exclude<HubSignature, 'good'>, string>;

function refusal(checked: Exclude<HubSignature, 'good'>): DciError {
  if (checked === 'missing') {
    return new DciError('err.signature.missing', null, 'X-Hub-Signature: missing; expected sha256=<hex>');
  }
  return new DciError(
    'err.signature.invalid',
    null,
    checked === 'malformed'
      ? 'X-Hub-Signature: expected sha256= and 64 hexadecimal digits'
      : 'X-Hub-Signature: does not fit the body; is it signed with the SHA secret that this bridge was given?',
  );
}

function readPayload(text: string): JsonObject {
  let payload: ReturnType<typeof parseJson>;
  try {
    payload = parseJson(text);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    throw new DciError('err.request.bad', null, 'the body is no JSON');
  }
  if (isJsonObject(payload) && isWebhook(payload)) return payload;
  throw new DciError(
    'err.request.bad',
    'event.hub',
    'event.hub: expected a webhook of OpenCRVS, {"timestamp", "id", "event": {"hub": {"topic"}, "context"}}',
  );
}

function topicOf(payload: JsonObject): unknown {
  const event = payload.get('event');
  const hub = isJsonObject(event) ? event.get('hub') : undefined;
  return isJsonObject(hub) ? hub.get('topic') : undefined;
}

/**
 * What makes a webhook the same one: its topic and its record. `id` is the subscription's, the same in every delivery,
 * and `timestamp` differs where two subscriptions bring the same record.
 */
function digestOf(payload: JsonObject): string {
  const event = payload.get('event') ?? null;
  return createHash('sha256').update(canonicalText(event)).digest('hex');
}

/** The payload as the message of an envelope: what the inbox keeps and OpenSPP shows. */
function envelopeOf(payload: JsonObject, senderId: string, messageId: string): JsonObject {
  const timestamp = payload.get('timestamp');
  return new Map<string, JsonObject | string | null>([
    [
      'header',
      new Map<string, string | null>([
        ['message_id', messageId],
        ['message_ts', typeof timestamp === 'string' ? timestamp : null],
        ['action', 'notify'],
        ['sender_id', senderId],
      ]),
    ],
    ['message', payload],
  ]);
}
