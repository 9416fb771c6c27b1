import { isJsonArray, isJsonObject, type JsonNode, parseJson } from '../dci/json.ts';
import type { NotificationReader } from '../events/read-events.ts';
import { toldBy } from '../events/told-by.ts';
import type { Identifier } from '../events/vital-event.ts';
import type { EventRow, LoggedEvent } from './event-log.ts';
import type { MatchingSettings } from './matching.ts';
import { isSameValue } from './spellings.ts';

/** Whether an identifier is the number of a registration, which many records may share: offices start again each year. */
export function isRegistrationNumber(
  { type }: Pick<Identifier, 'type'>,
  settings: MatchingSettings,
): boolean {
  return Object.values(settings.registrationNumbers).some((types) => types.has(type.toUpperCase()));
}

/**
 * Whether a row is about the person that an event is about, from all that both say of the person, and not from the
 * number of the registration. Where that cannot be known, it is another person: a second row of one event does no harm,
 * but an event that is taken for somebody else's is lost.
 *
 * @param personId the registrant that the event is matched to; null where nobody is
 * @param read reads what the row was made from, where extensions have dialects of their own
 */
export function isSamePerson(
  row: EventRow,
  event: LoggedEvent,
  personId: number | null,
  settings: MatchingSettings,
  read?: NotificationReader,
): boolean {
  if (row.personId !== null && personId !== null) return row.personId === personId;
  if (row.rawData !== null && row.rawData === event.rawData) return true;
  const ours = event.identifiers.filter((one) => !isRegistrationNumber(one, settings));
  const theirs = identifiersOfRow(row, read).filter((one) => !isRegistrationNumber(one, settings));
  const compared = compare(ours, theirs, settings);
  if (compared !== 'unknown') return compared === 'same';
  if (row.rawData === null) return row.personId === null;
  // Made from something that no dialect of this bridge reads.
  if (toldBy(row.rawData, read) === null)
    return ours.length > 0 && ours.every(({ value }) => isIn(row, value));
  const [said, saidThere] = [wordsOfPerson(event.rawData), wordsOfPerson(row.rawData)];
  if (said !== '' && saidThere !== '') return said === saidThere;
  return ours.length === 0 && theirs.length === 0 && said === saidThere;
}

/** The identifiers that a row's event had: the one that the row has, and those of its message. */
export function identifiersOfRow(row: EventRow, read?: NotificationReader): Identifier[] {
  const said = (row.rawData === null ? null : toldBy(row.rawData, read))?.filter(
    ({ type }) => type === row.type,
  );
  const own =
    row.identifierType !== null && row.identifierValue !== null
      ? [{ type: row.identifierType, value: row.identifierValue }]
      : [];
  return [...own, ...(said ?? []).flatMap(({ identifiers }) => identifiers)];
}

/** Another value of the very same type is another person; the same value may be under another name of the type. */
function compare(
  ours: readonly Identifier[],
  theirs: readonly Identifier[],
  settings: MatchingSettings,
): 'same' | 'other' | 'unknown' {
  const names = ({ type }: Identifier) => [
    type.toUpperCase(),
    ...(settings.aliases.get(type.toUpperCase()) ?? []).map((code) => code.toUpperCase()),
  ];
  const isShared = (one: Identifier) =>
    theirs.some(
      (other) =>
        isSameValue(one.type, other.value, one.value, settings) &&
        names(other).some((name) => names(one).includes(name)),
    );
  if (ours.some(isShared)) return 'same';
  const contradicts = (one: Identifier) =>
    theirs.some(({ type }) => type.toUpperCase() === one.type.toUpperCase());
  return ours.some(contradicts) ? 'other' : 'unknown';
}

function isIn({ rawData }: EventRow, value: string): boolean {
  return rawData?.includes(JSON.stringify(value)) ?? false;
}

const SAYS_WHO = /name|birth|dob|sex|gender/i;

/** What a message says of its person besides identifiers (name, date of birth, sex), to be compared as a whole. */
function wordsOfPerson(rawData: string): string {
  const words: string[] = [];
  const collect = (node: JsonNode, saysWho: boolean): void => {
    if (isJsonObject(node)) {
      for (const [key, value] of node) collect(value, saysWho || SAYS_WHO.test(key));
    } else if (isJsonArray(node)) {
      for (const one of node) collect(one, saysWho);
    } else if (saysWho && typeof node === 'string') {
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
