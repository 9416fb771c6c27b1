import type { Identifier } from '../events/vital-event.ts';
import { OdooError } from '../odoo/errors.ts';
import { create, type OdooValues, write } from '../odoo/orm.ts';
import { odooDatetime } from '../odoo/values.ts';
import { missingIn, withBlame } from './added.ts';
import { type BatchContext, type Item, refuse, sentenceOf } from './batch.ts';
import {
  correctedValues,
  correctionNote,
  EVENT_DATE,
  isTakenBack,
  notTakenOver,
  numbersAmong,
} from './correction.ts';
import {
  type EventRow,
  findRows,
  type KnownRows,
  mergedNotes,
  newRowValues,
  readStates,
} from './event-log.ts';
import { hidePersonalData } from './personal-data.ts';
import { masked } from './privacy.ts';
import { chooseRow, type RowChoice } from './row-choice.ts';
import { isDisabledByDeath } from './rules/death.ts';
import { identifiersOfRow } from './same-person.ts';
import { type OpensppTexts, textsIn } from './texts/index.ts';
import { isWaiting, withoutWaiting } from './texts/requests.ts';
import { MODEL } from './vocabulary.ts';

/**
 * Finds the rows that the events have already; one whose row is processed needs nothing more.
 *
 * @returns what OpenSPP has processed for the registrants whose civil status is at stake
 */
export async function attachRows(
  items: readonly Item[],
  { client, matching, openspp, hooks, readNotification: read }: BatchContext,
): Promise<KnownRows['past']> {
  const known = await findRows(
    client,
    items.map(({ event }) => event),
    // Which status is the later one, whether a birth comes after a death, and whether another death stands.
    items.map(({ registrant }) => registrant?.id).filter((id) => id !== undefined),
    {
      corrected: items
        .filter(
          ({ event }) =>
            event.correction || event.revoked || numbersAmong(event, event.identifiers, matching).length > 0,
        )
        .map(({ registrant }) => registrant?.id)
        .filter((id) => id !== undefined),
      matching,
      more: hooks?.eventFields.filter((name) => openspp.event.has(name)) ?? [],
    },
  );
  const texts = textsIn(openspp.language);
  const taken = new Set<number>();
  const redundant: number[] = [];
  for (const item of items) {
    const choice = chooseRow(item.event, item.registrant?.id ?? null, known, matching, taken, read);
    redundant.push(...choice.redundant.map(({ id }) => id));
    item.key = choice.identifier;
    item.row = choice.row ? { ...choice.row, identifier: identifierOf(choice.row) } : null;
    if (choice.revokes) {
      revoke(item, choice, known);
      if (choice.row) taken.add(choice.row.id);
      continue;
    }
    if (!choice.row) {
      const { nothingEarlier } = texts.correction;
      if (item.event.adopted) giveUp(item, texts);
      else if (item.event.correction && !item.notes.includes(nothingEarlier)) item.notes.push(nothingEarlier);
      continue;
    }
    taken.add(choice.row.id);
    if (choice.superseded) {
      settleAs(item);
      const { superseded } = choice;
      item.notes.push(texts[superseded === 'revoked' ? 'revocation' : 'correction'].superseded);
      continue;
    }
    if (choice.reinstates) {
      const { by, marks } = texts.revocation;
      item.facts.push(by(marks.reinstated, item.event.reference));
      item.corrects = {
        date: choice.row.date,
        applied: false,
        numbers: [],
        endings: [],
        values: [],
        registryId: null,
      };
      continue;
    }
    if (choice.corrects && (choice.row.rawData !== item.event.rawData || choice.row.state !== 'processed')) {
      item.corrects = correctionOf(item, choice.row, choice.corrects.date, matching, read);
      continue;
    }
    if (choice.row.state === 'processed') settleAs(item);
  }
  if (redundant.length > 0) await write(client, MODEL.event, redundant, { active: false });
  return known.past;
}

/** What a registration that is not in force takes back. */
function revoke(item: Item, { row, revokes }: RowChoice, known: KnownRows): void {
  if (typeof revokes === 'object') {
    item.revocation = { applied: 'unclear', rows: revokes.unclear.map(({ id }) => id) };
  } else if (row && isTakenBack(row)) {
    item.revocation = { applied: 'taken_back' };
  } else {
    const deaths = (known.past.get(item.registrant?.id ?? 0) ?? []).filter(({ type }) => type === 'death');
    const others = deaths.flatMap(({ id }) => (id === undefined || id === row?.id ? [] : [id]));
    item.revocation = { applied: wasApplied(item, row, known), others };
  }
}

/**
 * Whether an event was applied. A row in `error` or `processing` may have been in part; and where no row is found, the
 * registrant may show it all the same.
 */
function wasApplied(
  { event, registrant }: Item,
  row: EventRow | null,
  known: KnownRows,
): 'yes' | 'requested' | 'partly' | 'no' {
  if (row?.state === 'processed') return 'yes';
  if (row?.state === 'processing' && isWaiting(row.notes)) {
    // Its exit may be applied already, without the poll having seen it.
    return event.type === 'death' && registrant?.disabled ? 'yes' : 'requested';
  }
  if (row !== null && row.personId !== null && row.state !== 'received') return 'partly';
  if (event.type === 'death') return registrant && isDisabledByDeath(registrant) ? 'partly' : 'no';
  const past = known.past.get(registrant?.id ?? 0) ?? [];
  return row === null && past.some(({ type }) => type === event.type) ? 'partly' : 'no';
}

/** Nothing is left to do: its row says what the event came to. */
function settleAs(item: Item): void {
  item.finished = true;
  item.error = null;
  item.reason = null;
}

/** What a correction changes in the row; what an interrupted one has changed already is in its notes. */
function correctionOf(
  { event }: Item,
  row: EventRow,
  before: string | null,
  matching: BatchContext['matching'],
  read: BatchContext['readNotification'],
): NonNullable<Item['corrects']> {
  const interrupted = row.rawData === event.rawData ? correctedValues(row.notes) : [];
  const dateBefore =
    interrupted.findLast(({ what, to }) => what === EVENT_DATE && to === event.date)?.from ?? before;
  const own = identifierOf(row);
  const [first] = event.identifiers;
  const kept = event.identifiers.some(({ type, value }) => own?.type === type && own.value === value);
  const values = [];
  if (event.date !== null && row.date !== null && row.date !== event.date) {
    values.push({ what: EVENT_DATE, from: row.date, to: event.date });
  }
  if (own && first && !kept && own.type === first.type) {
    values.push({ what: own.type, from: masked(own.value), to: masked(first.value) });
  }
  return {
    date: dateBefore,
    applied: row.state === 'processed',
    numbers: numbersAmong(event, identifiersOfRow(row, read), matching).map(({ value }) => value),
    endings: interrupted.filter(({ what }) => what !== EVENT_DATE).map(({ from }) => from),
    values,
    registryId: null,
  };
}

function identifierOf({ identifierType: type, identifierValue: value }: EventRow): Identifier | null {
  return type !== null && value !== null ? { type, value } : null;
}

/** A correction that neither the row nor the registrant is to be changed by needs nothing more. */
export function settleUnchanged(items: readonly Item[], { openspp }: BatchContext): void {
  const { changesNothing } = textsIn(openspp.language).correction;
  for (const item of items) {
    const { corrects, change, number, error } = item;
    if (!corrects?.applied || error !== null || corrects.values.length > 0) continue;
    const isIdle = Object.keys(change.patch).length === 0 && !change.exit && !change.redate;
    if (!isIdle || number || corrects.registryId) continue;
    item.finished = true;
    item.notes = [changesNothing, ...item.notes];
  }
}

/** A row that a user made and took away again is not made again. */
function giveUp(item: Item, texts: OpensppTexts): void {
  item.finished = true;
  item.error = texts.row.gone;
  item.reason = 'openspp.row_gone';
}

/** Makes the rows that are missing, in state `received`. */
export async function createRows(items: readonly Item[], context: BatchContext): Promise<void> {
  const missing = items.filter(({ row, finished }) => row === null && !finished);
  const fresh = new Set<Item>();
  const { done, refused } = await context.writer.create(MODEL.event, missing, (item) =>
    rowValues(item, context),
  );
  for (const { item, result } of done) {
    item.row = {
      id: result,
      personId: item.registrant?.id ?? null,
      notes: mergedNotes(null, item.facts),
      date: item.event.date,
      identifier: item.key,
      state: 'received',
    };
    fresh.add(item);
  }
  // A creation that got no answer may have been done all the same, or been repeated on the way: then the row is there.
  const late = refused.map(({ item }) => item);
  if (late.length > 0) await attachRows(late, context);
  for (const { item, error } of refused) {
    if (item.row === null && !item.finished) await keepRefused(item, error, context);
  }
  // Nobody has seen the new ones yet; of those found, a user may have changed some since.
  await checkUnchanged(
    unfinished(items).filter((item) => !fresh.has(item)),
    context,
  );
}

/**
 * Reads the rows' states again before they are written. Where somebody pressed Retry in Odoo meanwhile, what that came
 * to stays: a row that is processed is done, and any other change has the event looked at anew.
 */
async function checkUnchanged(items: readonly Item[], { client }: BatchContext): Promise<void> {
  const states = await readStates(
    client,
    items.map(({ row }) => row?.id ?? 0),
  );
  for (const item of items) {
    const now = item.row ? states.get(item.row.id) : undefined;
    if (now === item.row?.state) continue;
    if (now !== 'processed') {
      item.changed = true;
      continue;
    }
    settleAs(item);
  }
}

function rowValues({ event, key, registrant, added, facts }: Item, { openspp }: BatchContext): OdooValues {
  const values = newRowValues(event, key, registrant?.id ?? null, openspp, facts);
  return added ? { ...values, ...added.values } : values;
}

/**
 * A row that Odoo refuses to create. Mostly its date is the reason (after Odoo's today); the caseworker should see
 * the event and Odoo's sentence all the same, so it is kept without a date, in `error`.
 */
async function keepRefused(item: Item, error: OdooError, context: BatchContext): Promise<void> {
  refuse([{ item, error }]);
  item.finished = true;
  if (item.added && (await keepWithout(item, error, context))) return;
  await createFinal(item, null, context);
}

/**
 * It may be what extensions add that Odoo refuses; then the row is made without it, in `error`.
 *
 * @returns whether it could be made so
 */
async function keepWithout(item: Item, error: OdooError, context: BatchContext): Promise<boolean> {
  const { added } = item;
  item.added = null;
  item.error = textsIn(context.openspp.language).row.refusedAddition(added?.said ?? '', sentenceOf(error));
  if (await createFinal(item, item.event.date, context)) return true;
  item.error = sentenceOf(error);
  return false;
}

/** Makes the row in its final state. @returns false where Odoo refuses even that: then only the bridge's list has it */
async function createFinal(item: Item, date: string | null, context: BatchContext): Promise<boolean> {
  const personId = item.registrant?.id ?? null;
  await hidePersonalData([item], context);
  try {
    const [id] = await create(context.client, MODEL.event, [
      { ...rowValues(item, context), event_date: date ?? false, ...finalValues(item, context) },
    ]);
    if (id !== undefined)
      item.row = { id, personId, notes: null, date, identifier: item.key, state: 'error' };
    return true;
  } catch (second) {
    if (!(second instanceof OdooError) || second.transient) throw second;
    return false;
  }
}

/**
 * Rows go to `processing`; one that was kept without its date, or without what extensions add, gets that now, and may
 * be refused again.
 */
export async function startRows(items: readonly Item[], { writer, openspp }: BatchContext): Promise<void> {
  const texts = textsIn(openspp.language);
  const starting = unfinished(items).filter(({ undecided }) => !undecided);
  const refused = await writer.write(MODEL.event, starting, (item) => ({
    id: item.row?.id ?? 0,
    values: { state: 'processing', ...startValues(item, texts), ...missingIn(item) },
  }));
  refuse(refused);
  for (const { item } of refused) {
    const blamed = Object.keys(missingIn(item)).length > 0 ? (item.added?.said ?? '') : '';
    item.error = withBlame(item.error ?? '', blamed, texts);
    // Nothing of it was done, so nothing of it is to be read in the notes.
    if (item.corrects) item.notes = item.corrects.values.map((value) => notTakenOver(value, texts));
  }
  const stayed = new Set(refused.map(({ item }) => item));
  for (const item of starting) {
    if (!item.row || stayed.has(item)) continue;
    item.row.state = 'processing';
    item.row.notes = mergedNotes(item.row.notes, startNotes(item, texts));
  }
}

/**
 * A correction makes the row what it would be, had the registry said so at once, and keeps in its notes what it was: in
 * one write, before the registrant is changed, so that a crash in between leaves nothing that cannot be told.
 */
export function startValues(item: Item, texts: OpensppTexts): OdooValues {
  const { row, event, corrects } = item;
  const before = row?.notes ?? null;
  const merged = mergedNotes(before, startNotes(item, texts));
  const notes = {
    ...(merged === before ? {} : { notes: merged }),
    // It may wait for days now, and is in no error while it does.
    ...(row?.state === 'error' ? { error_message: false } : {}),
  };
  if (!corrects) return row?.date === event.date ? notes : { ...notes, event_date: event.date ?? false };
  const [first] = event.identifiers;
  const own = row?.identifier;
  const kept = event.identifiers.some(({ type, value }) => own?.type === type && own.value === value);
  return {
    raw_data: event.rawData,
    received_date: odooDatetime(event.receivedAt),
    ...notes,
    ...(event.date === null || row?.date === event.date ? {} : { event_date: event.date }),
    ...(kept || !first ? {} : { identifier_type: first.type, identifier_value: first.value }),
  };
}

/** What the row says before anything is changed: what the registry corrects, and what is true anyway. */
function startNotes({ corrects, facts }: Item, texts: OpensppTexts): string[] {
  if (!corrects) return facts;
  const { values } = corrects;
  const corrections =
    values.length > 0 ? values.map((value) => correctionNote(value, texts)) : [texts.correction.sameValues];
  return [...corrections, ...facts];
}

/** Rows get their final state. */
export async function finishRows(items: readonly Item[], context: BatchContext): Promise<void> {
  const { writer } = context;
  await checkUnchanged(unfinished(items), context);
  const noted = unfinished(items).filter(
    (item) => !item.undecided || Object.keys(waitingValues(item)).length > 0,
  );
  const refused = await writer.write(MODEL.event, noted, (item) => ({
    id: item.row?.id ?? 0,
    values: item.undecided ? waitingValues(item) : finalValues(item, context),
  }));
  refuse(refused);
  for (const { item } of refused) item.undecided = false;
  await hidePersonalData(
    refused.map(({ item }) => item),
    context,
  );
  // What was refused may have been a value of ours; that the event is in error can be told without it.
  await writer.write(MODEL.event, refused, ({ item }) => ({
    id: item.row?.id ?? 0,
    values: { state: 'error', error_message: item.error ?? false },
  }));
}

function unfinished(items: readonly Item[]): Item[] {
  return items.filter(({ row, finished, changed }) => row !== null && !finished && !changed);
}

/** What a row that waits for a decision gets: what it waits for. Its state stays as it is. */
function waitingValues({ row, notes: ours, registrant }: Item): OdooValues {
  const before = row?.notes ?? null;
  const notes = mergedNotes(withoutWaiting(before), ours);
  const personId = registrant?.id ?? null;
  return {
    ...(notes === before ? {} : { notes: notes ?? false }),
    ...(personId === null || personId === row?.personId ? {} : { person_id: personId }),
  };
}

function finalValues(item: Item, { openspp, now }: BatchContext): OdooValues {
  const before = item.row ? item.row.notes : mergedNotes(null, item.facts);
  const notes = mergedNotes(withoutWaiting(before), item.notes);
  const personId = item.registrant?.id ?? null;
  return {
    state: item.error === null ? 'processed' : 'error',
    error_message: item.error ?? false,
    processed_date: odooDatetime(now),
    processed_by: openspp.uid,
    ...(notes === before ? {} : { notes: notes ?? false }),
    ...(personId === null || personId === item.row?.personId ? {} : { person_id: personId }),
  };
}
