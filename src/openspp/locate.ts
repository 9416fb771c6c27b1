import type { Identifier } from '../events/vital-event.ts';
import { write } from '../odoo/orm.ts';
import type { BatchContext } from './batch.ts';
import { correctedValues, EVENT_DATE, isTakenBack, NO_DAY, numbersAmong } from './correction.ts';
import { findRows, type KnownRows, mayHaveAnyDate } from './event-log.ts';
import type { EventRow } from './event-row.ts';
import { isSharedNumber } from './matching.ts';
import { masked } from './privacy.ts';
import { chooseRow, type RowChoice } from './row-choice.ts';
import { isDisabledByDeath } from './rules/death.ts';
import { comparePersons, identifiersOfRow, type Sought } from './same-person.ts';
import { type Correction, failed, type Located, type Matched, noted } from './stages.ts';
import { ALL_TEXTS, textsIn } from './texts/index.ts';
import { isWaiting } from './texts/requests.ts';
import { MODEL } from './vocabulary.ts';

/** What a registration that is taken back takes back. */
type Revocation =
  /** `requested`: it waits for reviewers to apply it. `others`: rows of other deaths that are processed. */
  | { applied: 'yes' | 'partly' | 'requested' | 'no'; others: readonly number[] }
  /** Nothing of it is here, and the person is dead by these other rows. */
  | { applied: 'elsewhere'; others: readonly number[] }
  /** The row says so already. */
  | { applied: 'taken_back' }
  /** These rows may be meant, which are of different persons. */
  | { applied: 'unclear'; rows: readonly number[] };

/** An event whose registration is not in force. */
export interface Revoked extends Located {
  readonly revocation: Revocation;
}

/** Where an event is, of those that OpenSPP has: `settled`, nothing is left to do; `gone`, a user took its row away. */
export type Location =
  | { kind: 'open' | 'settled' | 'gone'; item: Located }
  | { kind: 'revoked'; item: Revoked };

/**
 * Finds the rows that the events have already, and archives what two creations made of one event.
 *
 * @returns where each event is, in the order of the events; and what OpenSPP has processed for the registrants whose
 *   civil status is at stake
 * @throws OdooError
 */
export async function locate(
  items: readonly Matched[],
  context: BatchContext,
): Promise<{ locations: Location[]; past: KnownRows['past'] }> {
  const { client, matching, openspp, hooks, readNotification: read } = context;
  const personsOf = (some: readonly Matched[]) => some.flatMap(({ registrant }) => registrant?.id ?? []);
  const known = await findRows(
    client,
    items.map(({ event }) => event),
    // Which status is the later one, whether a birth comes after a death, and whether another death is in force.
    personsOf(items),
    {
      corrected: personsOf(items.filter(({ event }) => mayHaveAnyDate(event, matching))),
      matching,
      more: hooks?.eventFields.filter((name) => openspp.event.has(name)) ?? [],
    },
  );
  const taken = new Set<number>();
  const redundant: number[] = [];
  const locations = items.map((matched) => {
    const item = notOthers(matched, known, context);
    const sought = { event: item.event, personId: item.registrant?.id ?? null, settings: matching, read };
    const choice = chooseRow(sought, known, taken);
    redundant.push(...choice.redundant.map(({ id }) => id));
    if (choice.row) taken.add(choice.row.id);
    return locationOf(item, choice, sought, known, context);
  });
  if (redundant.length > 0) await write(client, MODEL.event, redundant, { active: false });
  return { locations, past: known.past };
}

/**
 * An event that leads to its registrant by a shared number alone is about somebody else where the registry has said of
 * the registrant, with this number, who that is: OpenSPP need not know all identifiers of a person.
 */
function notOthers(item: Matched, known: KnownRows, context: BatchContext): Matched {
  const { event, registrant, sharedBy } = item;
  if (registrant === null || sharedBy === null || event.adopted) return item;
  const { matching: settings, openspp, readNotification: read } = context;
  const sought = { event, personId: null, settings, read };
  const own = known.rows.filter((row) => row.type === event.type && row.personId === registrant.id);
  // Both spouses have the number of their marriage: who is not known to be the one is the other.
  const ofSpouses = event.type === 'marriage' || event.type === 'divorce';
  const namesPerson = event.identifiers.some((one) => !isSharedNumber(event, one, settings));
  const doubtful = ofSpouses && namesPerson ? ['other', 'unknown'] : ['other'];
  const other = own.find((row) => doubtful.includes(comparePersons(row, sought)));
  if (!other || own.some((row) => comparePersons(row, sought) === 'same')) return item;
  const error = textsIn(openspp.language).match.othersNumber(sharedBy, registrant.id, other.id);
  return failed({ ...item, registrant: null }, { reason: 'match.contradiction', error });
}

function locationOf(
  matched: Matched,
  choice: RowChoice,
  sought: Sought,
  known: KnownRows,
  { openspp }: BatchContext,
): Location {
  const texts = textsIn(openspp.language);
  const { row, superseded } = choice;
  const item: Located = {
    ...matched,
    row: row && { ...row, identifier: identifierOf(row) },
    key: choice.identifier,
    corrects: null,
    facts: [],
  };
  if (choice.revokes) {
    return { kind: 'revoked', item: { ...item, revocation: revocationOf(item, choice, known) } };
  }
  const { event } = item;
  if (!row) {
    if (event.adopted) return { kind: 'gone', item };
    return {
      kind: 'open',
      item: event.correction ? noted(item, texts.correction.nothingEarlier) : item,
    };
  }
  if (superseded) {
    const { superseded: note } = texts[superseded === 'revoked' ? 'revocation' : 'correction'];
    return { kind: 'settled', item: noted(item, note) };
  }
  if (choice.reinstates) {
    const { by, marks } = texts.revocation;
    const corrects = { date: row.date, applied: false, numbers: [], endings: [], values: [] };
    return { kind: 'open', item: { ...item, corrects, facts: [by(marks.reinstated, event.reference)] } };
  }
  if (choice.corrects && (row.rawData !== event.rawData || row.state !== 'processed')) {
    return { kind: 'open', item: { ...item, corrects: correctionOf(row, choice.corrects.date, sought) } };
  }
  if (row.state === 'processed') return { kind: 'settled', item };
  // Nobody but a user gives the row of this very message another date.
  const { dateNote: _none, ...said } = event;
  const isUsers = row.date !== null && row.date !== event.date;
  return { kind: 'open', item: isUsers ? { ...item, event: { ...said, date: row.date } } : item };
}

function revocationOf(item: Located, { row, revokes }: RowChoice, known: KnownRows): Revocation {
  if (typeof revokes === 'object') {
    return { applied: 'unclear', rows: revokes.unclear.map(({ id }) => id) };
  }
  const isFinal = row?.state === 'processed' || row?.state === 'error';
  if (row && isFinal && isTakenBack(row)) return { applied: 'taken_back' };
  const past = known.past.get(item.registrant?.id ?? 0) ?? [];
  const isInForce = (one: EventRow) => one.type === 'death' && one.state === 'processed' && !isTakenBack(one);
  const deaths = known.rows.filter((one) => one.personId === item.registrant?.id && isInForce(one));
  const others = deaths.flatMap(({ id }) => (id === row?.id ? [] : [id]));
  const isElsewhere = row === null && item.event.type === 'death' && item.registrant?.disabled;
  return { applied: isElsewhere && others.length > 0 ? 'elsewhere' : wasApplied(item, row, past), others };
}

/**
 * Whether an event was applied. A row in `error` or `processing` may have been in part; and where no row is found, the
 * registrant may still show it.
 */
function wasApplied(
  { event, registrant }: Located,
  row: EventRow | null,
  past: readonly { type: string }[],
): 'yes' | 'requested' | 'partly' | 'no' {
  if (row?.state === 'processed') return 'yes';
  if (row?.state === 'processing' && isWaiting(row.notes)) {
    // Its exit may be applied already, without the poll having seen it.
    return event.type === 'death' && registrant?.disabled ? 'yes' : 'requested';
  }
  if (row !== null && row.personId !== null && row.state !== 'received') return 'partly';
  if (event.type === 'death') return registrant && isDisabledByDeath(registrant) ? 'partly' : 'no';
  return row === null && past.some(({ type }) => type === event.type) ? 'partly' : 'no';
}

/** What a correction changes in the row; what an interrupted one has changed already is in its notes. */
function correctionOf(row: EventRow, before: string | null, sought: Sought): Correction {
  const { event, settings } = sought;
  const interrupted = row.rawData === event.rawData ? correctedValues(row.notes) : [];
  const dateBefore = interrupted.findLast(({ what, to }) => what === EVENT_DATE && to === event.date);
  const own = identifierOf(row);
  const [first] = event.identifiers;
  const values = [];
  if (event.date !== null && row.date !== event.date) {
    values.push({ what: EVENT_DATE, from: row.date ?? NO_DAY, to: event.date });
  }
  if (own && first && !isAmong(own, event.identifiers) && own.type === first.type) {
    values.push({ what: own.type, from: masked(own.value), to: masked(first.value) });
  }
  return {
    date: dateBefore ? (dateBefore.from === NO_DAY ? null : dateBefore.from) : before,
    applied: row.state === 'processed' || (interrupted.length > 0 && saysMarked(row)),
    numbers: numbersAmong(event, identifiersOfRow(row, sought), settings).map(({ value }) => value),
    endings: interrupted.filter(({ what }) => what !== EVENT_DATE).map(({ from }) => from),
    values,
  };
}

/** Whether the notes say that the registrant was disabled for it: they do so only once that is done. */
function saysMarked({ notes }: EventRow): boolean {
  return ALL_TEXTS.some(({ death }) => notes?.split('\n').includes(death.marked));
}

function identifierOf({ identifierType: type, identifierValue: value }: EventRow): Identifier | null {
  return type !== null && value !== null ? { type, value } : null;
}

/** Whether an identifier is among others, type and value as they are written. */
export function isAmong(one: Identifier | null | undefined, others: readonly Identifier[]): boolean {
  return others.some(({ type, value }) => one?.type === type && one.value === value);
}
