import { type Identifier, VITAL_EVENT_TYPES } from '../events/vital-event.ts';
import type { OdooClient, OdooValue } from '../odoo/client.ts';
import { type OdooValues, searchRead } from '../odoo/orm.ts';
import { many2oneId, odooDatetime, text } from '../odoo/values.ts';
import type { Capabilities } from './capabilities.ts';
import { CORRECTION_MARKS, isTakenBack, numbersAmong, withoutWholeNumbers } from './correction.ts';
import type { EventRow, LoggedEvent, RowState } from './event-row.ts';
import type { MatchingSettings } from './matching.ts';
import { picked } from './registrant.ts';
import type { PastEvent } from './rules/rule.ts';
import { MODEL } from './vocabulary.ts';

/** What Odoo holds two active rows to be the same by; null where one of the four is missing, so that it does not. */
export function rowKey(type: string, date: string | null, identifier: Identifier | undefined): string | null {
  if (date === null || !identifier) return null;
  return JSON.stringify([type, date, identifier.type, identifier.value]);
}

/** The rows that a batch may already have in OpenSPP. */
export interface KnownRows {
  byId: ReadonlyMap<number, EventRow>;
  /** By `rowKey`; more than one only where two creations ran into each other. */
  byKey: ReadonlyMap<string, readonly EventRow[]>;
  /** All of them. */
  rows: readonly EventRow[];
  /** Rows that have no key. */
  keyless: readonly EventRow[];
  /** Processed deaths, marriages and divorces, by registrant. */
  past: ReadonlyMap<number, readonly PastEvent[]>;
}

const FIELDS = [
  'event_type',
  'identifier_type',
  'identifier_value',
  'event_date',
  'state',
  'person_id',
  'notes',
  'received_date',
];

/** A whole domain; several are joined by putting the operator before them, as Odoo writes it. */
type Domain = OdooValue[];
const joined = (operator: '&' | '|', domains: Domain[]): Domain => [
  ...Array<OdooValue>(Math.max(0, domains.length - 1)).fill(operator),
  ...domains.flat(),
];
const all = (...domains: Domain[]) => joined('&', domains);
const any = (...domains: Domain[]) => joined('|', domains);
const among = (field: string, values: readonly OdooValue[]): Domain => [[field, 'in', [...new Set(values)]]];

/** What is looked up besides the rows of the events themselves. */
interface AlsoFound {
  /** Registrants whose events may be corrected, so that their rows may have any date and identifier. */
  corrected?: readonly number[];
  /** What the registration numbers are, with which an event may be a correction. */
  matching?: MatchingSettings;
  /** Fields of the rows that are read besides, which this OpenSPP must have. */
  more?: readonly string[];
}

/**
 * Looks up, in one call, the rows that these events may have already and what was processed for these registrants.
 *
 * @param registrants those whose history is wanted
 * @throws OdooError
 */
export async function findRows(
  client: OdooClient,
  events: readonly LoggedEvent[],
  registrants: readonly number[],
  { corrected = [], more = [], matching }: AlsoFound = {},
): Promise<KnownRows> {
  const groups: Domain[] = [];
  const valuesOf = (identifiers: readonly Identifier[]) => identifiers.map(({ value }) => value);
  const numbersOf = (event: LoggedEvent) =>
    matching ? valuesOf(numbersAmong(event, event.identifiers, matching)) : [];
  const typesOf = (some: readonly LoggedEvent[]) =>
    among(
      'event_type',
      some.map(({ type }) => type),
    );
  const keyed = events.filter(({ date, identifiers }) => date !== null && identifiers.length > 0);
  // A message with a known registration number and another date is a correction, whether it says so or not. A birth or a
  // death may have been taken back by a message with another date, since each person has one.
  const anyDate = events.filter((event) => event.identifiers.length > 0 && mayHaveAnyDate(event, matching));
  const dated = keyed.filter((event) => !anyDate.includes(event));
  if (dated.length > 0) {
    // One that was corrected has another date than the message that it was first made from.
    const marks = CORRECTION_MARKS.map((mark): Domain => [['notes', 'like', mark]]);
    const dates = among(
      'event_date',
      dated.map(({ date }) => date),
    );
    const values = dated.flatMap(({ identifiers }) => valuesOf(identifiers));
    groups.push(all(among('identifier_value', values), typesOf(dated), any(dates, ...marks)));
  }
  if (anyDate.length > 0) {
    // The row may have another identifier of the message, until a registrant is matched.
    const values = anyDate.flatMap(({ identifiers }) => valuesOf(identifiers));
    const rows = any(among('identifier_value', values), among('person_id', corrected));
    groups.push(all(typesOf(anyDate), rows));
  }
  // The number of a registration may be another person's key: then the row was made without one.
  const keyless = events.filter((event) => !keyed.includes(event) || numbersOf(event).length > 0);
  if (keyless.length > 0) {
    const received = keyless.map(({ receivedAt }) => odooDatetime(receivedAt));
    const noKey = any([['event_date', '=', false]], [['identifier_value', '=', false]]);
    groups.push(all(among('received_date', received), noKey));
  }
  // Seldom, and without an index: the row may have what it is taken back by in its message only.
  const revoked = events.filter((event) => event.revoked);
  const taken = new Set(revoked.flatMap(({ identifiers }) => valuesOf(identifiers)));
  const said = [...taken].map((value): Domain => [['raw_data', 'like', literally(JSON.stringify(value))]]);
  if (said.length > 0) groups.push(all(typesOf(revoked), any(...said)));
  const ids = events.flatMap(({ odooEventId }) => odooEventId ?? []);
  if (ids.length > 0) groups.push([['id', 'in', ids]]);
  if (registrants.length > 0) {
    const processed: Domain = [['state', '=', 'processed']];
    const types = among('event_type', ['death', 'marriage', 'divorce']);
    groups.push(all(among('person_id', registrants), processed, types));
  }
  // Who a row is about is known by the message that it was made from.
  const fields = [...FIELDS, 'raw_data', ...more];
  const found =
    groups.length === 0 ? [] : await searchRead(client, MODEL.event, any(...groups), fields, { order: 'id' });
  return index(
    found.flatMap((row) => rowOf(row, more) ?? []),
    new Set(registrants),
  );
}

/** Whether the row of an event may have another date than the event. */
export function mayHaveAnyDate(event: LoggedEvent, matching?: MatchingSettings): boolean {
  const { correction, revoked, type, identifiers } = event;
  if (correction || revoked || type === 'birth' || type === 'death') return true;
  return matching !== undefined && numbersAmong(event, identifiers, matching).length > 0;
}

/** A text as Odoo's `like` takes it to the letter. */
function literally(text: string): string {
  return text.replaceAll(/[\\%_]/g, '\\$&');
}

function index(rows: readonly EventRow[], registrants: ReadonlySet<number>): KnownRows {
  const byKey = new Map<string, EventRow[]>();
  const keyless: EventRow[] = [];
  const past = new Map<number, PastEvent[]>();
  for (const row of rows) {
    const key =
      row.identifierType !== null && row.identifierValue !== null
        ? rowKey(row.type, row.date, { type: row.identifierType, value: row.identifierValue })
        : null;
    if (key === null) keyless.push(row);
    else byKey.set(key, [...(byKey.get(key) ?? []), row]);
    // What was taken back before it was applied is processed as well, and is no past.
    const { id, type, date, personId } = row;
    if (row.state !== 'processed' || isTakenBack(row) || date === null || type === 'birth') continue;
    if (personId !== null && registrants.has(personId))
      past.set(personId, [...(past.get(personId) ?? []), { id, type, date }]);
  }
  return { byId: new Map(rows.map((row) => [row.id, row])), byKey, rows, keyless, past };
}

function rowOf(row: Record<string, OdooValue> & { id: number }, more: readonly string[]): EventRow | null {
  const type = VITAL_EVENT_TYPES.find((one) => one === row.event_type);
  if (!type) return null;
  return {
    id: row.id,
    type,
    identifierType: text(row.identifier_type),
    identifierValue: text(row.identifier_value),
    date: text(row.event_date),
    state: row.state as RowState,
    personId: many2oneId(row.person_id),
    notes: text(row.notes),
    rawData: text(row.raw_data),
    receivedDate: text(row.received_date),
    ...(more.length === 0 ? {} : { custom: picked(row, more) }),
  };
}

/**
 * Reads the states of rows again.
 *
 * @returns their states; a row that is gone, or archived, is not among them
 * @throws OdooError
 */
export async function readStates(client: OdooClient, ids: readonly number[]): Promise<Map<number, RowState>> {
  if (ids.length === 0) return new Map();
  const rows = await searchRead(client, MODEL.event, [['id', 'in', [...ids]]], ['state']);
  return new Map(rows.map((row) => [row.id, row.state as RowState]));
}

/** The values of a new row, in state `received`. Where Odoo has a sequence for the type, it makes the name. */
export function newRowValues(
  event: LoggedEvent,
  identifier: Identifier | null,
  personId: number | null,
  openspp: Capabilities,
  facts: readonly string[] = [],
): Record<string, OdooValue> {
  return {
    ...(openspp.sequenced.has(event.type) ? {} : { name: event.reference }),
    event_type: event.type,
    person_id: personId ?? false,
    identifier_type: identifier?.type ?? false,
    identifier_value: identifier?.value ?? false,
    event_date: event.date ?? false,
    raw_data: event.rawData,
    received_date: odooDatetime(event.receivedAt),
    state: 'received',
    ...(facts.length > 0 ? { notes: facts.join('\n') } : {}),
  };
}

/** What a row in its final state says of that: `error` is null where the event is processed. */
export function finalState(
  error: string | null,
  { openspp, now }: { openspp: Pick<Capabilities, 'uid'>; now: number },
): OdooValues {
  return {
    state: error === null ? 'processed' : 'error',
    error_message: error ?? false,
    processed_date: odooDatetime(now),
    processed_by: openspp.uid,
  };
}

/** A user's notes stay; ours are added once. */
export function mergedNotes(existing: string | null, ours: readonly string[]): string | null {
  const lines = existing ? existing.split('\n').map(withoutWholeNumbers) : [];
  const added = ours.filter((note) => !lines.includes(note));
  return added.length === 0 ? existing : [...lines, ...added].join('\n');
}
