import { hash } from 'node:crypto';
import { canonicalText } from '../../dci/canonical.ts';
import { DciError } from '../../dci/errors.ts';
import { isJsonObject, type JsonNode, type JsonObject } from '../../dci/json.ts';
import { badField, dayIn, identifierIn } from '../../events/fields.ts';
import { type RefusedRecord, readSpdciRecords } from '../../events/spdci-dialect.ts';
import type { TimeZone } from '../../events/time-zone.ts';
import type { VitalEvent, VitalEventType } from '../../events/vital-event.ts';
import { type RegisteredRecord, readRegisteredRecord } from './document.ts';
import type { EventForm, FormPerson } from './forms.ts';

/** What an event document announces. */
export interface ReadDocument {
  /** The same for every repeat: the ids of the event and of the action. */
  messageId: string;
  /** SHA-256 of all that the document says of the registration, hex: whatever the forms pick of it. */
  digest: string;
  /** When the action was made, as OpenCRVS printed it. */
  at: string;
  /** The event in SPDCI's words (`notify_event`): of the whole document only what the forms name. */
  message: JsonObject;
  events: VitalEvent[];
  /** Spouses who cannot be read, of a marriage whose other one can; the field is that of the form. */
  refused: readonly RefusedRecord[];
}

/**
 * The dialect of OpenCRVS 2.x: an event document, by the forms of its country. Parents, informants, addresses and
 * attachments are in the document as well, and are none of OpenSPP's business: what is kept is a notification in
 * SPDCI's words with the person, the date and the numbers.
 *
 * @param forms by the event's type in the country's configuration
 * @param zone of the registry; null where it is not known
 * @param onUnknown called with the type of a registered event that no form is for
 * @returns null where there is nothing to do: the event is not registered, or its type is none of the forms
 * @throws {DciError} `err.request.bad`, naming the field and never its value
 */
export function readEventDocument(
  document: JsonNode,
  forms: ReadonlyMap<string, EventForm>,
  zone: TimeZone | null,
  onUnknown: (type: string) => void = () => {},
): ReadDocument | null {
  const record = readRegisteredRecord(document);
  if (!record) return null;
  // Releases before 2.0 had the same forms as `v2.birth` and the like.
  const form = forms.get(record.form) ?? forms.get(record.form.replace(/^v2\./, ''));
  if (!form) {
    onUnknown(record.form);
    return null;
  }
  const number = identifier(record.registrationNumber, record.registrationNumberField);
  if (number === null) {
    throw badField(
      record.registrationNumberField,
      'missing; send the number that the registration was given',
    );
  }
  const persons = form.persons.map((person) => recordOf(person, form, record, number));
  const records = persons.map((one) => one.record);
  const message: JsonObject = new Map<string, JsonNode>([
    ['transaction_id', record.eventId],
    [
      'notify_event',
      [
        new Map<string, JsonNode>([
          ['reference_id', record.actionId],
          ['timestamp', record.at],
          [
            'data',
            new Map<string, JsonNode>([
              ['reg_type', 'opencrvs'],
              ['reg_event_type', TYPES[form.event]],
              ['reg_record_type', 'Person'],
              ['reg_records', records],
            ]),
          ],
        ]),
      ],
    ],
  ]);
  const wrong = persons.map(({ error }) => error);
  const [first] = wrong;
  if (first && wrong.every((error) => error !== null)) throw first;
  const { events, refused = [] } = readSpdciRecords(message, zone);
  return {
    messageId: `${record.eventId}:${record.actionId}`,
    digest: digestOf(record),
    at: record.at,
    message,
    events: record.correction ? events.map((event) => ({ ...event, correction: true })) : events,
    refused: refused.map((one) => ({ ...one, error: wrong[one.position ?? 0] ?? one.error })),
  };
}

/** Of a document that is sent again with later actions it is the same; of another one under these ids it is not. */
function digestOf(record: RegisteredRecord): string {
  const { eventId, actionId, at, form, correction, revoked, registrationNumber = null, declaration } = record;
  const said = canonicalText([
    eventId,
    actionId,
    at,
    form,
    correction,
    revoked,
    registrationNumber,
    declaration,
  ]);
  return hash('sha256', said, 'hex');
}

const TYPES: Readonly<Record<VitalEventType, string>> = {
  birth: 'Birth',
  death: 'Death',
  marriage: 'Marriage',
  divorce: 'Divorce',
};

/**
 * The record of a person, and what is wrong with it. What cannot be read stays as it was sent, so that a later reading
 * finds the same, and why there is no day.
 */
function recordOf(
  person: FormPerson,
  form: EventForm,
  { declaration, revoked }: RegisteredRecord,
  number: string,
): { record: JsonObject; error: DciError | null } {
  let error: DciError | null = null;
  const checked = <T>(read: () => T, sent: T): T => {
    try {
      return read();
    } catch (problem) {
      if (!(problem instanceof DciError)) throw problem;
      error ??= problem;
      return sent;
    }
  };
  const dated = firstOf(person.date, declaration);
  if (dated) checked(() => dayIn(dated.value, dated.field, null), { date: null });
  const own = Object.entries(person.identifiers).flatMap(([type, fields]) => {
    const shown = fields.filter((field) => !isHidden(field, declaration));
    const found = firstOf(shown, declaration);
    const value = found ? checked<JsonNode>(() => identifier(found.value, found.field), found.value) : null;
    return value === null ? [] : [identifierNode(type, value)];
  });
  const registration = identifierNode(form.registration_number, number);
  // Spouses share the number of their marriage: their own come first, so that their events have keys of their own.
  const shared = form.event === 'marriage' || form.event === 'divorce';
  const name = nameOf(person, declaration);
  const record = new Map<string, JsonNode>([
    ['identifier', shared ? [...own, registration] : [registration, ...own]],
    ...(name.size > 0 ? [['name', name] as [string, JsonNode]] : []),
    [`${form.event}_date`, dated?.value ?? null],
    ...(revoked ? [['registration_status', 'revoked'] as [string, JsonNode]] : []),
  ]);
  return { record, error };
}

/** The values of the field that says which identifier a form asks for, and the last part of that one's field. */
const ID_TYPES: ReadonlyMap<JsonNode | undefined, string> = new Map([
  ['NATIONAL_ID', 'nid'],
  ['PASSPORT', 'passport'],
  ['BIRTH_REGISTRATION_NUMBER', 'brn'],
  ['NONE', ''],
]);

/**
 * Whether the form hides a field with an identifier, because `idType` beside it names another one that is there, or none. OpenCRVS up to 2.0
 * kept the value of a field that was hidden later (opencrvs-core, issue 11695): a number that was entered by mistake,
 * perhaps another person's, and corrected since.
 */
function isHidden(field: string, declaration: JsonObject): boolean {
  const [section = '', name = ''] = field.split(/\.(?=[^.]*$)/);
  const shown = ID_TYPES.get(declaration.get(`${section}.idType`));
  if (shown === undefined || shown === name || ![...ID_TYPES.values()].includes(name)) return false;
  // Countries may ask for two of them: the other one is hidden only where the one that is named was entered.
  return shown === '' || firstOf([`${section}.${shown}`], declaration) !== null;
}

function identifierNode(type: string, value: JsonNode): JsonObject {
  return new Map<string, JsonNode>([
    ['identifier_type', type],
    ['identifier_value', value],
  ]);
}

/** Names are for a caseworker's eyes alone, so that an odd one is left out. */
function nameOf(person: FormPerson, declaration: JsonObject): JsonObject {
  const whole = firstOf(person.name, declaration)?.value;
  const parts = isJsonObject(whole) ? whole : new Map<string, JsonNode>();
  const given = [parts.get('firstname'), parts.get('middlename')].filter(
    (one) => typeof one === 'string' && one,
  );
  const names: [string, JsonNode | undefined][] = [
    ['given_name', given.length > 0 ? given.join(' ') : firstOf(person.given_name, declaration)?.value],
    ['surname', parts.get('surname') ?? firstOf(person.family_name, declaration)?.value],
    ['full_name', whole],
  ];
  return new Map(names.filter((one): one is [string, string] => typeof one[1] === 'string' && one[1] !== ''));
}

/** The first of these fields that has a value; `null` and `""` are none. */
function firstOf(
  fields: readonly string[],
  declaration: JsonObject,
): { field: string; value: JsonNode } | null {
  for (const field of fields) {
    const value = fieldValue(field, declaration);
    if (value !== undefined && value !== null && value !== '') return { field, value };
  }
  return null;
}

/** Ids of fields have dots themselves (`child.name`), and so have parts of composite ones (`child.name.surname`). */
function fieldValue(field: string, declaration: JsonObject): JsonNode | undefined {
  const whole = declaration.get(field);
  if (whole !== undefined) return whole;
  const names = field.split('.');
  for (let length = names.length - 1; length > 0; length -= 1) {
    let value = declaration.get(names.slice(0, length).join('.'));
    for (const name of names.slice(length)) value = isJsonObject(value) ? value.get(name) : undefined;
    if (value !== undefined) return value;
  }
  return undefined;
}

function identifier(value: JsonNode | undefined, field: string): string | null {
  return value === undefined || value === null ? null : identifierIn(value, field);
}
