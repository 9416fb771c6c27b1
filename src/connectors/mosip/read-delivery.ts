import { createHash, type KeyObject } from 'node:crypto';
import { bodyText, parseBody } from '../../dci/envelope.ts';
import { DciError } from '../../dci/errors.ts';
import { isJsonArray, isJsonObject, type JsonNode, type JsonObject } from '../../dci/json.ts';
import { dayOf } from '../../events/dates.ts';
import { badField, identifierIn } from '../../events/fields.ts';
import {
  type IdentityChange,
  type IdentityChangeKind,
  type IdentityEvent,
  identityMessage,
} from '../../events/identity-event.ts';
import type { Identifier } from '../../events/vital-event.ts';
import { decryptCredential } from './decrypt.ts';

/** Where a partner's deliveries hold what the bridge needs. */
export interface MosipFields {
  /** Topics that are subscribed to, each with the name of its event as last part: `partner/CREDENTIAL_ISSUED`. */
  topics: readonly string[];
  /** Identifier type → fields by which the registrant is found, such as `credential.birthCertificateNumber`. */
  person: Readonly<Record<string, readonly string[]>>;
  /** Fields of the person's date of birth, such as `credential.dateOfBirth`. */
  birthDate: readonly string[];
  /** Identifier type → fields of the numbers that become IDs of the registrant, such as `credential.UIN`. */
  ids: Readonly<Record<string, readonly string[]>>;
}

/** A delivery of MOSIP's WebSub hub that was read. */
export interface ReadDelivery {
  topic: string;
  /** The same in every repeat. */
  messageId: string;
  /** SHA-256 of what is kept, hex. */
  digest: string;
  /** When MOSIP said so; milliseconds since the epoch. Null where there is nothing to do. */
  at: number | null;
  /** What is kept of it; null where there is nothing to do. */
  message: JsonObject | null;
  event: IdentityEvent | null;
  /** Why there is nothing to do, in words for the log. */
  reason: string | null;
  /** Whether it is a credential that nothing says whose it is. */
  isLost: boolean;
}

/** MOSIP's words for what becomes of an identity (`IDAEventType` and the credential service's topic). */
const CHANGES: Readonly<Record<string, IdentityChangeKind>> = {
  CREDENTIAL_ISSUED: 'issued',
  DEACTIVATE_ID: 'deactivated',
  REMOVE_ID: 'deactivated',
  ACTIVATE_ID: 'activated',
};

/**
 * Reads what MOSIP's hub delivers (`EventModel`: `{"publisher", "topic", "publishedOn", "event": {"id", "timestamp",
 * "data": {...}}}`). A credential is opened with the partner's key; of it, and of the delivery, only the numbers and
 * the date of birth are kept that the configuration names: names, photographs and biometrics never reach the inbox.
 *
 * @throws {DciError} naming the field and never its value
 */
export function readDelivery(
  body: Uint8Array,
  settings: MosipFields,
  keys: readonly KeyObject[],
): ReadDelivery {
  const root = parseBody(bodyText(body));
  if (!isJsonObject(root)) throw badField('body', 'expected an object with topic and event');
  const topic = root.get('topic');
  if (typeof topic !== 'string' || !settings.topics.includes(topic)) {
    throw new DciError('err.request.forbidden', 'topic', 'topic: none that mosip.topics names');
  }
  const event = root.get('event');
  if (!isJsonObject(event)) throw badField('event', 'expected an object');
  const base = { topic, messageId: messageIdOf(topic, event, body) };
  const nothing = (reason: string): ReadDelivery => ({
    ...base,
    at: null,
    digest: '',
    message: null,
    event: null,
    reason,
    isLost: false,
  });
  const word = wordOf(topic);
  const kind = CHANGES[word];
  if (kind === undefined) return nothing('events of this topic change no number');
  const data = event.get('data') ?? new Map();
  if (!isJsonObject(data)) throw badField('event.data', 'expected an object');
  const parts = { data, credential: kind === 'issued' ? credentialOf(event, data, keys) : data };
  const ids = identifiersIn(settings.ids, parts);
  const person = kind === 'issued' ? identifiersIn(settings.person, parts) : [];
  const read = (
    identifiers: readonly Identifier[],
    more: Pick<IdentityChange, 'transaction'>,
  ): ReadDelivery => {
    const at = timeOf(event.get('timestamp')) ?? timeOf(root.get('publishedOn'));
    // The time of receipt would make a copy that is sent again later newer than what came in between.
    if (at === null) throw badField('event.timestamp', 'expected a date-time, here or in publishedOn');
    const expiresOn = dayIn(data.get('expiry_timestamp'));
    const change: IdentityChange = { kind, ids, at, word, expiresOn, ...more };
    return {
      ...base,
      at,
      // Without the date of birth, which releases before this one did not keep: a repeat is the same message.
      digest: createHash('sha256')
        .update(JSON.stringify([identifiers, change]))
        .digest('hex'),
      message: identityMessage({ ...change, bornOn: dayAt(settings.birthDate, parts) }),
      event: { type: 'identity', date: null, identifiers: [...identifiers, ...ids] },
      reason: null,
      isLost: false,
    };
  };
  if (kind === 'issued' && person.length === 0) {
    const numbers = transactionsIn(event, parts);
    if (ids.length > 0 && numbers.length > 0) {
      return read([], { transaction: { numbers, personTypes: Object.keys(settings.person) } });
    }
    const reason =
      ids.length === 0
        ? 'it has none of the fields of mosip.ids'
        : 'it names neither a person nor a transaction';
    return { ...nothing(reason), isLost: true };
  }
  if (ids.length === 0) {
    if (kind !== 'issued') return nothing('the event has none of the fields of mosip.ids');
    throw badField('event.data.credential', 'has none of the fields that mosip.ids names');
  }
  return read(person, {});
}

/** `partner/CREDENTIAL_ISSUED` is about `CREDENTIAL_ISSUED`. */
function wordOf(topic: string): string {
  return topic.split('/').at(-1)?.toUpperCase() ?? '';
}

const MAX_ID = 255;

/** The event's id; where it has none, what was delivered. */
function messageIdOf(topic: string, event: JsonObject, body: Uint8Array): string {
  const id = event.get('id') ?? event.get('transactionId');
  if (typeof id === 'string' && id !== '' && id.length <= MAX_ID) return `${wordOf(topic)}:${id}`;
  return `${wordOf(topic)}:${createHash('sha256').update(body).digest('hex')}`;
}

interface Parts {
  data: JsonObject;
  credential: JsonObject;
}

/** The subject of the credential, opened where it is encrypted. */
function credentialOf(event: JsonObject, data: JsonObject, keys: readonly KeyObject[]): JsonObject {
  const sent = data.get('credential') ?? null;
  if (sent === null || sent === '') {
    const shared = event.get('dataShareUri') ?? null;
    if (shared === null || shared === '') return new Map();
    throw badField(
      'event.dataShareUri',
      'credentials by data share are not fetched; let the partner’s policy share them directly (typeOfShare: direct)',
    );
  }
  const root = isJsonObject(sent) ? sent : openedCredential(sent, keys);
  const subject = root.get('credentialSubject') ?? root;
  if (!isJsonObject(subject)) throw badField('event.data.credential', 'credentialSubject must be an object');
  return subject;
}

function openedCredential(sent: JsonNode, keys: readonly KeyObject[]): JsonObject {
  if (typeof sent !== 'string') throw badField('event.data.credential', 'expected a string or an object');
  let text = sent;
  if (!sent.trimStart().startsWith('{')) {
    if (keys.length === 0) {
      throw badField(
        'event.data.credential',
        'is encrypted, and mosip.partner_key (MOSIP_PARTNER_KEY) is not set',
      );
    }
    text = bodyText(decryptCredential(sent, keys));
  }
  let root: JsonNode;
  try {
    root = parseBody(text);
  } catch {
    throw badField('event.data.credential', 'what was encrypted is not JSON');
  }
  if (!isJsonObject(root)) throw badField('event.data.credential', 'expected an object');
  return root;
}

function identifiersIn(types: MosipFields['ids'], parts: Parts): Identifier[] {
  return Object.entries(types).flatMap(([type, fields]) => {
    for (const field of fields) {
      const value = valueAt(field, parts);
      if (value !== null) return [{ type, value }];
    }
    return [];
  });
}

/** The first of these fields that names a day; what cannot be read is no reason to lose a number. */
function dayAt(fields: readonly string[], parts: Parts): string | null {
  for (const field of fields) {
    const day = dayIn(nodeAt(field, parts));
    if (day !== null) return day;
  }
  return null;
}

/** The text at a field. Null where there is none. */
function valueAt(field: string, parts: Parts): string | null {
  const node = nodeAt(field, parts);
  if (node === undefined || node === null) return null;
  return identifierIn(
    typeof node === 'string' ? endOfUrl(node) : node,
    field.startsWith('data.') ? `event.${field}` : `event.data.${field}`,
  );
}

/** What is at `credential.X` or `data.X`; of values by language the first. */
function nodeAt(field: string, { data, credential }: Parts): JsonNode | undefined {
  const [part, ...names] = field.split('.');
  let node: JsonNode | undefined = part === 'data' ? data : credential;
  for (const name of names) node = isJsonObject(node) ? node.get(name) : undefined;
  if (isJsonArray(node)) node = node[0];
  if (isJsonObject(node)) node = node.get('value');
  return node;
}

/**
 * The transaction of the delivery (`event.transactionId`), of the credential (the end of its subject's `id`, by which
 * OpenCRVS's own integration knows it), and the number of the registration at MOSIP (`event.data.registrationId`).
 */
function transactionsIn(event: JsonObject, { data, credential }: Parts): string[] {
  const named = [event.get('transactionId'), credential.get('id'), data.get('registrationId')];
  const texts = named.flatMap((one) => (typeof one === 'string' ? [endOfUrl(one).trim()] : []));
  return [...new Set(texts.filter((one) => one !== '' && one.length <= MAX_ID))];
}

/** Of an address, what it ends with: MOSIP's ids of subjects are `https://…/credentials/<id>`. */
function endOfUrl(text: string): string {
  return /^https?:\/\//.test(text) ? (text.split(/[?#]/)[0]?.split('/').at(-1) ?? '') : text;
}

/** MOSIP prints UTC, with or without a zone. */
function timeOf(node: JsonNode | undefined): number | null {
  if (typeof node !== 'string' || !/^\d{4}-\d\d-\d\dT/.test(node)) return null;
  const ms = Date.parse(/(?:Z|[+-]\d\d:?\d\d)$/.test(node) ? node : `${node}Z`);
  // What Date cannot print, no file can keep.
  return Number.isNaN(ms) || ms < 0 || ms > 253_402_300_799_000 ? null : ms;
}

function dayIn(node: JsonNode | undefined): string | null {
  return typeof node === 'string' ? dayOf(node) : null;
}
