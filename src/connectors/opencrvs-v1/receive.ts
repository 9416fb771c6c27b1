import { createHash } from 'node:crypto';
import { canonicalText } from '../../dci/canonical.ts';
import { bodyText } from '../../dci/envelope.ts';
import { DciError } from '../../dci/errors.ts';
import { isJsonObject, type JsonObject, JsonSyntaxError, parseJson } from '../../dci/json.ts';
import { printJson } from '../../dci/json-print.ts';
import { NO_ZONES, type TimeZone, type TimeZones } from '../../events/time-zone.ts';
import { because, HttpError } from '../../http/http-error.ts';
import type { Authenticated, IncomingMessage, ReadMessage, Receiver } from '../../intake/intake.ts';
import type { NamedSenders } from '../../senders/sender-directory.ts';
import { checkHubSignature, type HubSignature } from './hub-signature.ts';
import { isWebhook, opencrvsWebhook, readWebhookEvents, webhookTopicOf } from './reader.ts';

export interface WebhookSettings {
  /** Under which the messages are kept, as if it were their `header.sender_id`. */
  senderId: string;
  /** The SHA secrets of the clients in OpenCRVS; none closes the route. */
  secrets: readonly string[];
}

/** Takes webhooks of OpenCRVS 1.x: verifies the signature, and reads the event. */
export function webhookReceiver(
  settings: WebhookSettings,
  senders: NamedSenders,
  zones: TimeZones = NO_ZONES,
): Receiver<string> {
  return {
    connector: 'opencrvs-v1',
    messageIdField: 'event',
    assertOpen: () => assertOpen(settings),
    authenticate: (message) => authenticate(message, settings, senders),
    read: ({ content, senderId }, message) => read(content, senderId, zones(senderId), message),
  };
}

/** @throws {HttpError} 404 where no secret is set */
export function assertOpen({ secrets }: WebhookSettings): void {
  if (secrets.length > 0) return;
  throw because(
    'connector.closed',
    new HttpError(
      'err.request.not_found',
      'this bridge takes no webhooks of OpenCRVS: its operator has set no secret (opencrvs_webhooks.secrets)',
    ),
  );
}

function authenticate(
  message: IncomingMessage,
  settings: WebhookSettings,
  senders: NamedSenders,
): Authenticated<string> {
  const text = bodyText(message.body);
  const sender = senders.find(settings.senderId);
  const senderId = sender?.senderId ?? settings.senderId;
  const signature = message.header('x-hub-signature');
  if (signature) message.claims(senderId);
  message.assertCertificate([settings.senderId, senderId], null);
  message.verifying();
  const checked = checkHubSignature(signature, text, settings.secrets);
  if (checked !== 'good') {
    if (checked !== 'missing') message.signatureRefused(REASONS[checked]);
    throw because(REASONS[checked], refusal(checked));
  }
  return {
    senderId,
    sender: sender ?? senders.rulesOf?.(senderId) ?? null,
    trust: { method: 'hmac', keyId: null },
    encrypted: false,
    content: text,
  };
}

function read(text: string, senderId: string, zone: TimeZone | null, message: IncomingMessage): ReadMessage {
  const payload = readPayload(text);
  const events = readWebhookEvents(payload, zone);
  const digest = digestOf(payload);
  const messageId = `sha256:${digest}`;
  const known = webhookTopicOf(topicOf(payload)) !== null;
  if (!known) {
    message.log().warn('a webhook of OpenCRVS has a topic that OpenSPP has no event for; it was kept unread');
  }
  return {
    messageId,
    contentDigest: digest,
    action: 'notify',
    dialect: known ? opencrvsWebhook.name : null,
    body: printJson(envelopeOf(payload, senderId, messageId), 0),
    events,
  };
}

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
    throw new DciError('err.request.bad', null, 'the body is no JSON', error.code);
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
