import { isJsonArray, isJsonObject, type JsonNode, type JsonObject } from '../../dci/json.ts';
import { badField, dayIn } from '../../events/fields.ts';
import type { Dialect } from '../../events/read-events.ts';
import { isNotInForce } from '../../events/status.ts';
import type { TimeZone } from '../../events/time-zone.ts';
import type { Identifier, VitalEvent } from '../../events/vital-event.ts';
import { type Bundle, codesOf, identifiersOf, readBundle } from './bundle.ts';
import { RECORD_KINDS, subjectOf } from './subject.ts';

/**
 * The topics of OpenCRVS 1.x (`TRIGGERS` of its webhooks service). The releases of opencrvs-core up to 1.9 let a client
 * subscribe to all six and send the two that end in `REGISTERED`; a country's own code may send the others.
 */
export const WEBHOOK_TOPICS = [
  'BIRTH_REGISTERED',
  'DEATH_REGISTERED',
  'BIRTH_CERTIFIED',
  'DEATH_CERTIFIED',
  'BIRTH_CORRECTED',
  'DEATH_CORRECTED',
] as const;
export type WebhookTopic = (typeof WEBHOOK_TOPICS)[number];

/** The topic that a text is; null where it is none of those that say something to OpenSPP. */
export function webhookTopicOf(text: unknown): WebhookTopic | null {
  return WEBHOOK_TOPICS.find((topic) => topic === text) ?? null;
}

/** OpenCRVS's own names for the registration numbers, in the words of its DCI API and of OpenSPP. */
const NUMBER_TYPES: Readonly<Record<string, string>> = {
  BIRTH_REGISTRATION_NUMBER: 'BRN',
  DEATH_REGISTRATION_NUMBER: 'DRN',
  MARRIAGE_REGISTRATION_NUMBER: 'MRN',
};

/** Whether a message is a webhook's payload: `{"timestamp", "id", "event": {"hub": {"topic"}, "context": [...]}}`. */
export function isWebhook(message: JsonObject): boolean {
  const event = message.get('event');
  return isJsonObject(event) && isJsonObject(event.get('hub'));
}

/** OpenCRVS 1.x's dialect. */
export const opencrvsWebhook: Dialect = {
  name: 'opencrvs-webhook',
  isOf: isWebhook,
  read: (message, zone) => ({ events: readWebhookEvents(message, zone) }),
};

/**
 * Reads a topic and a FHIR bundle, which is one event of one person.
 *
 * @returns no events where OpenSPP has nothing to do with the topic
 * @throws {DciError} `err.request.bad`, with what is missing
 */
export function readWebhookEvents(message: JsonObject, zone: TimeZone | null): VitalEvent[] {
  const event = message.get('event');
  const hub = isJsonObject(event) ? event.get('hub') : undefined;
  if (!isJsonObject(event) || !isJsonObject(hub)) {
    throw badField('event.hub', 'expected an object with the topic');
  }
  const sent = hub.get('topic');
  if (typeof sent !== 'string' || sent === '') throw badField('event.hub.topic', 'expected a string');
  const topic = webhookTopicOf(sent);
  if (topic === null) return [];
  const context = event.get('context');
  if (!isJsonArray(context) || context.length !== 1) {
    throw badField('event.context', 'expected an array with one FHIR Bundle');
  }
  return [readRecord(context[0], topic, 'event.context[0]', zone)];
}

const KINDS: ReadonlySet<string | undefined> = new Set(['birth', 'death', 'marriage']);

function readRecord(
  node: JsonNode | undefined,
  topic: WebhookTopic,
  path: string,
  zone: TimeZone | null,
): VitalEvent {
  const type = topic.startsWith('BIRTH') ? 'birth' : 'death';
  const kind = RECORD_KINDS[type];
  const bundle = readBundle(node, path);
  const { task } = bundle;
  // `BIRTH`; the oldest have `birth-declaration` and the like.
  const told = codesOf(task?.get('code')).map((code) => code.toLowerCase().split('-')[0]);
  if (told.some((one) => one !== type && KINDS.has(one))) {
    throw badField(`${path}.entry`, 'the Task is about another kind of event than the topic');
  }
  const number = task ? registrationNumberOf(task, type, path) : null;
  const subject = subjectOf(bundle, kind, number, path);
  const sent = identifiersOf(subject, path).flatMap(({ type: name, value }): Identifier[] =>
    name === null ? [] : [{ type: NUMBER_TYPES[name] ?? name, value }],
  );
  if (number !== null) sent.unshift({ type: NUMBER_TYPES[kind.numberType] ?? '', value: number });
  const identifiers = [...new Map(sent.map((one) => [JSON.stringify([one.type, one.value]), one])).values()];
  if (identifiers.length === 0) {
    throw badField(
      path,
      `neither the Task nor the ${kind.called} has an identifier; is the record registered?`,
    );
  }
  const dated = type === 'birth' ? 'birthDate' : 'deceasedDateTime';
  return {
    type,
    ...dayIn(subject.get(dated), `${path}.Patient.${dated}`, zone),
    identifiers,
    ...(topic.endsWith('_CORRECTED') ? { correction: true } : {}),
    ...(isTakenBack(bundle) ? { status: 'revoked' as const } : {}),
  };
}

/** In `Task.identifier`, beside the tracking id and others that identify the record, not the person. */
function registrationNumberOf(task: JsonObject, type: 'birth' | 'death', path: string): string | null {
  const numbers = new Set(
    identifiersOf(task, `${path}.Task`)
      .filter(({ system }) => system?.endsWith(`/${type}-registration-number`))
      .map(({ value }) => value),
  );
  if (numbers.size > 1) throw badField(`${path}.entry`, 'the Task has several registration numbers');
  const [number] = numbers;
  return number ?? null;
}

/** FHIR's own words; a Task is a `draft` in some releases although its event is registered. */
const TAKEN_BACK: ReadonlySet<unknown> = new Set(['cancelled', 'entered-in-error']);

/** Whether the record is marked as not in force. */
function isTakenBack({ task, composition }: Bundle): boolean {
  return (
    TAKEN_BACK.has(task?.get('status')) ||
    TAKEN_BACK.has(composition?.get('status')) ||
    codesOf(task?.get('businessStatus')).some(isNotInForce)
  );
}
