import { isJsonArray, isJsonObject, type JsonNode, parseJson } from '../dci/json.ts';
import type { NotificationReader } from '../events/read-events.ts';
import { readRawData } from '../events/read-raw-data.ts';
import type { Identifier } from '../events/vital-event.ts';
import type { EventRow, LoggedEvent } from './event-row.ts';
import type { MatchingSettings } from './matching.ts';
import { isSameValue } from './spellings.ts';

/** Whether an identifier is the number of a registration, which many records may share: offices start again each year. */
export function isRegistrationNumber(
  { type }: Pick<Identifier, 'type'>,
  settings: MatchingSettings,
): boolean {
  return Object.values(settings.registrationNumbers).some((types) => types.has(type.toUpperCase()));
}

/** An event whose row is looked for, and what tells rows apart. */
export interface Sought {
  event: LoggedEvent;
  /** The registrant that it is matched to; null where none is. */
  personId: number | null;
  settings: MatchingSettings;
  /** Reads what rows were made from, where extensions have dialects of their own. */
  read: NotificationReader;
}

/**
 * Whether a row is about the person that an event is about, from all that both say of the person, and not from the
 * number of the registration. Where that cannot be known, it is another person: a second row of one event does no harm,
 * but an event that is taken for somebody else's is lost.
 */
export function isSamePerson(row: EventRow, sought: Sought): boolean {
  const { event, personId, settings, read } = sought;
  if (row.personId !== null && personId !== null) return row.personId === personId;
  if (row.rawData !== null && row.rawData === event.rawData) return true;
  if (!event.correction && haveOtherNumbers(row, sought)) return false;
  const ours = event.identifiers.filter((one) => !isRegistrationNumber(one, settings));
  const theirs = identifiersOfRow(row, sought).filter((one) => !isRegistrationNumber(one, settings));
  const compared = compare(ours, theirs, settings);
  if (compared !== 'unknown') return compared === 'same';
  if (row.rawData === null) return row.personId === null;
  // Made from something that no dialect of this bridge reads.
  if (readRawData(row.rawData, read) === null)
    return ours.length > 0 && ours.every(({ value }) => isIn(row, value));
  const saysWho = event.type === 'birth' ? SAYS_WHO_IS_BORN : SAYS_WHO;
  const [said, saidThere] = [wordsOfPerson(event.rawData, saysWho), wordsOfPerson(row.rawData, saysWho)];
  if (said !== '' && saidThere !== '') return said === saidThere;
  // The number is all that both say: on the same day it is said again, on another it is another office's.
  return ours.length === 0 && theirs.length === 0 && said === saidThere && event.date === row.date;
}

/**
 * Whether both have registration numbers, and not the same: twins have everything in common but these, and of two
 * registrations of one person, each is in force for itself.
 */
export function haveOtherNumbers(row: EventRow, sought: Sought): boolean {
  const { event, settings } = sought;
  const numbersIn = (identifiers: readonly Identifier[]) =>
    identifiers.filter(({ type }) => settings.registrationNumbers[event.type].has(type.toUpperCase()));
  const [ours, theirs] = [numbersIn(event.identifiers), numbersIn(identifiersOfRow(row, sought))];
  const isAmongTheirs = ({ type, value }: Identifier) =>
    theirs.some((other) => isSameValue(type, value, other.value, settings));
  return ours.length > 0 && theirs.length > 0 && !ours.some(isAmongTheirs);
}

/** What the identifiers of both, without registration numbers, say of whether it is one person. */
export function comparePersons(row: EventRow, sought: Sought): 'same' | 'other' | 'unknown' {
  const { event, settings } = sought;
  const own = (identifiers: readonly Identifier[]) =>
    identifiers.filter((one) => !isRegistrationNumber(one, settings));
  return compare(own(event.identifiers), own(identifiersOfRow(row, sought)), settings);
}

/** The identifiers that a row's event had: the one that the row has, and those of its message. */
export function identifiersOfRow(row: EventRow, { read }: Pick<Sought, 'read'>): Identifier[] {
  const said = (row.rawData === null ? null : readRawData(row.rawData, read))?.filter(
    ({ type }) => type === row.type,
  );
  const own =
    row.identifierType !== null && row.identifierValue !== null
      ? [{ type: row.identifierType, value: row.identifierValue }]
      : [];
  return [...own, ...(said ?? []).flatMap(({ identifiers }) => identifiers)];
}

/**
 * The most trusted type that both have decides: a household's number, which many share, must not outweigh a person's.
 * Types that nobody ranked may be such numbers: they tell persons apart, and prove nothing unless all that both say is
 * the same.
 */
function compare(
  ours: readonly Identifier[],
  theirs: readonly Identifier[],
  settings: MatchingSettings,
): 'same' | 'other' | 'unknown' {
  const upper = ({ type }: Identifier) => type.toUpperCase();
  const names = (one: Identifier) => [
    upper(one),
    ...(settings.aliases.get(upper(one)) ?? []).map((code) => code.toUpperCase()),
  ];
  const isRanked = (one: Identifier) => settings.order.some((type) => type.toUpperCase() === upper(one));
  const valuesOf = (type: string, some: readonly Identifier[]) =>
    some.filter((one) => upper(one) === type).map(({ value }) => value);
  const agree = (type: string): boolean | null => {
    const [here, there] = [valuesOf(type, ours), valuesOf(type, theirs)];
    if (here.length === 0 || there.length === 0) return null;
    return here.some((value) => there.some((other) => isSameValue(type, value, other, settings)));
  };
  for (const type of settings.order.map((one) => one.toUpperCase())) {
    const agreed = agree(type);
    if (agreed !== null) return agreed ? 'same' : 'other';
  }
  // The same number under another name of its type.
  const isShared = (one: Identifier) =>
    theirs.some(
      (other) =>
        isRanked(other) &&
        isSameValue(one.type, other.value, one.value, settings) &&
        names(other).some((name) => names(one).includes(name)),
    );
  if (ours.some((one) => isRanked(one) && isShared(one))) return 'same';
  const types = new Set([...ours, ...theirs].map(upper));
  const agreements = [...types].map(agree);
  if (agreements.includes(false)) return 'other';
  return types.size > 0 && agreements.every((agreed) => agreed === true) ? 'same' : 'unknown';
}

function isIn({ rawData }: EventRow, value: string): boolean {
  return rawData?.includes(JSON.stringify(value)) ?? false;
}

const SAYS_WHO = /name|birth|dob|sex|gender/i;
/** Of a birth the date is what a correction changes. */
const SAYS_WHO_IS_BORN = /name|sex|gender/i;

/** What a birth says of the name and the sex of its person, to be compared as a whole. */
export const nameOfBorn = (rawData: string): string => wordsOfPerson(rawData, SAYS_WHO_IS_BORN);

/** What a message says of its person besides identifiers (name, date of birth, sex), to be compared as a whole. */
function wordsOfPerson(rawData: string, saysWho: RegExp): string {
  const words: string[] = [];
  const collect = (node: JsonNode, isSaid: boolean): void => {
    if (isJsonObject(node)) {
      for (const [key, value] of node) collect(value, isSaid || saysWho.test(key));
    } else if (isJsonArray(node)) {
      for (const one of node) collect(one, isSaid);
    } else if (isSaid && typeof node === 'string') {
      words.push(node.trim().toLowerCase());
    }
  };
  try {
    const root = parseJson(rawData);
    if (isJsonObject(root)) collect(root.get('message') ?? null, false);
  } catch {
    // A user may have written anything there.
  }
  return words.sort().join('\n');
}
