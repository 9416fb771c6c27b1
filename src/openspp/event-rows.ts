import { OdooError } from '../odoo/errors.ts';
import { create, type OdooValues } from '../odoo/orm.ts';
import { odooDatetime } from '../odoo/values.ts';
import { missingIn, withBlame } from './added.ts';
import type { BatchContext } from './batch.ts';
import { correctionNote, notTakenOver } from './correction.ts';
import { finalState, mergedNotes, newRowValues, readStates } from './event-log.ts';
import { isAmong, locate } from './locate.ts';
import { hidePersonalData } from './personal-data.ts';
import type { Refused } from './row-writer.ts';
import {
  type Concluded,
  type Decided,
  delivered,
  type InRow,
  type Located,
  type Outcome,
  type Row,
  refused,
  sentenceOf,
  settled,
} from './stages.ts';
import { type OpensppTexts, textsIn } from './texts/index.ts';
import { withoutWaiting } from './texts/requests.ts';
import { MODEL } from './vocabulary.ts';

/** The events that go on to the next stage, and what became of the others. */
export interface Rows<T> {
  rows: T[];
  ended: Outcome[];
}

/** Makes the rows that are missing, in state `received`, and looks whether those that are there are unchanged. */
export async function createRows(items: readonly Decided[], context: BatchContext): Promise<Rows<InRow>> {
  const missing = items.filter(({ row }) => row === null);
  const made = await context.writer.create(MODEL.event, missing, (item) => rowValues(item, context));
  const fresh = made.done.map(({ item, result }) => madeRow(item, result, 'received'));
  const late = await findLate(made.refused, context);
  // Nobody has seen the new ones yet; of those found, a user may have changed some since.
  const found = await unchanged([...items.filter(hasRow), ...late.rows], context);
  return { rows: [...fresh, ...found.rows], ended: [...late.ended, ...found.ended] };
}

function hasRow(item: Decided): item is InRow {
  return item.row !== null;
}

function madeRow(item: Decided, id: number, state: Row['state']): InRow {
  const { event, key, registrant, facts } = item;
  const notes = state === 'received' ? mergedNotes(null, facts) : null;
  const row = { id, personId: registrant?.id ?? null, notes, date: event.date, identifier: key, state };
  return { ...item, row };
}

/** A creation that got no answer may have been done, or been repeated on the way: then the row is there. */
async function findLate(refusals: readonly Refused<Decided>[], context: BatchContext): Promise<Rows<InRow>> {
  const late: Rows<InRow> = { rows: [], ended: [] };
  if (refusals.length === 0) return late;
  const { locations } = await locate(
    refusals.map(({ item }) => item),
    context,
  );
  for (const [position, { item, error }] of refusals.entries()) {
    const there = locations[position];
    const row = there?.item.row ?? null;
    if (row === null) late.ended.push(await keepRefused(item, error, context));
    else if (there?.kind === 'settled') late.ended.push(settled({ ...item, row }));
    // It was decided on as a new event, and is another one now: it is looked at again.
    else if (there?.kind !== 'open' || there.item.corrects) {
      late.ended.push({ kind: 'changed', id: item.event.id });
    } else late.rows.push({ ...item, row });
  }
  return late;
}

/**
 * Reads the rows' states again before they are written. Where somebody pressed Retry in Odoo meanwhile, what that came
 * to stays: a row that is processed is done, and any other change has the event looked at again.
 */
async function unchanged<T extends Located & { row: Row }>(
  items: readonly T[],
  { client }: BatchContext,
): Promise<Rows<T>> {
  const states = await readStates(
    client,
    items.map(({ row }) => row.id),
  );
  const rows = items.filter(({ row }) => states.get(row.id) === row.state);
  const others = items.filter((item) => !rows.includes(item));
  const ended = others.map(
    (item): Outcome =>
      states.get(item.row.id) === 'processed' ? settled(item) : { kind: 'changed', id: item.event.id },
  );
  return { rows, ended };
}

function rowValues({ event, key, registrant, added, facts }: Decided, { openspp }: BatchContext): OdooValues {
  const values = newRowValues(event, key, registrant?.id ?? null, openspp, facts);
  return added ? { ...values, ...added.values } : values;
}

/**
 * A row that Odoo refuses to create. Mostly its date is the reason (after Odoo's today); the caseworker should still see
 * the event and Odoo's sentence, so it is kept without a date, in `error`. It may be what extensions add
 * that Odoo refuses: the row is tried without that first.
 */
async function keepRefused(item: Decided, error: OdooError, context: BatchContext): Promise<Outcome> {
  const bare = { ...item, added: null };
  if (item.added) {
    const { refusedAddition } = textsIn(context.openspp.language).row;
    const blaming = refused(bare, error, refusedAddition(item.added.said, sentenceOf(error)));
    const kept = await createFinal(blaming, context);
    if (kept.row) return delivered(kept);
  }
  const undated = refused({ ...bare, event: { ...item.event, date: null } }, error);
  return delivered(await createFinal(undated, context));
}

/** Makes the row in its final state; without a row where Odoo refuses even that: then only the bridge's list has it. */
async function createFinal(given: Decided, context: BatchContext): Promise<Decided> {
  const [item = given] = await hidePersonalData([given], context);
  try {
    const [id] = await create(context.client, MODEL.event, [
      { ...rowValues(item, context), ...finalValues(item, context) },
    ]);
    return id === undefined ? item : madeRow(item, id, 'error');
  } catch (second) {
    if (!(second instanceof OdooError) || second.transient) throw second;
    return item;
  }
}

/**
 * Rows go to `processing`; one that was kept without its date, or without what extensions add, gets that now, and may
 * be refused again.
 *
 * @returns all of them, in their order
 */
export async function startRows(
  items: readonly InRow[],
  { writer, openspp }: BatchContext,
): Promise<InRow[]> {
  const texts = textsIn(openspp.language);
  const refusals = await writer.write(MODEL.event, items, (item) => ({
    id: item.row.id,
    values: { state: 'processing', ...startValues(item, texts), ...missingIn(item) },
  }));
  const errors = new Map(refusals.map(({ item, error }) => [item, error]));
  return items.map((item): InRow => {
    const { row, corrects, added, notes } = item;
    const error = errors.get(item);
    if (!error) {
      const merged = mergedNotes(row.notes, startNotes(item, texts));
      return { ...item, row: { ...row, state: 'processing', notes: merged } };
    }
    const blamed = Object.keys(missingIn(item)).length > 0 ? (added?.said ?? '') : '';
    return {
      ...refused(item, error, withBlame(sentenceOf(error), blamed, texts)),
      // Nothing of it was done, so nothing of it is to be read in the notes.
      notes: corrects ? corrects.values.map((value) => notTakenOver(value, texts)) : notes,
    };
  });
}

/**
 * A correction makes the row what it would be, had the registry said so at once, and keeps in its notes what it was: in
 * one write, before the registrant is changed, so that a crash in between leaves nothing unclear.
 */
export function startValues(item: InRow, texts: OpensppTexts): OdooValues {
  const { row, event, corrects } = item;
  const merged = mergedNotes(row.notes, startNotes(item, texts));
  const notes = {
    ...(merged === row.notes ? {} : { notes: merged }),
    // It may wait for days now, and is in no error while it does.
    ...(row.state === 'error' ? { error_message: false } : {}),
  };
  if (!corrects) return row.date === event.date ? notes : { ...notes, event_date: event.date ?? false };
  const [first] = event.identifiers;
  return {
    raw_data: event.rawData,
    received_date: odooDatetime(event.receivedAt),
    ...notes,
    ...(event.date === null || row.date === event.date ? {} : { event_date: event.date }),
    ...(isAmong(row.identifier, event.identifiers) || !first
      ? {}
      : { identifier_type: first.type, identifier_value: first.value }),
  };
}

/** What the row says before anything is changed: what the registry corrects, and what is true anyway. */
function startNotes({ corrects, facts }: Decided, texts: OpensppTexts): readonly string[] {
  if (!corrects) return facts;
  const { values } = corrects;
  const corrections =
    values.length > 0 ? values.map((value) => correctionNote(value, texts)) : [texts.correction.sameValues];
  return [...corrections, ...facts];
}

/** Rows get their final state; those that wait for a decision keep theirs, and say what they wait for. */
export async function finishRows(items: readonly Concluded[], context: BatchContext): Promise<Outcome[]> {
  const { rows, ended } = await unchanged(items, context);
  const valuesOf = (item: Concluded) => (item.undecided ? waitingValues(item) : finalValues(item, context));
  const { writer } = context;
  const refusals = await writer.write(
    MODEL.event,
    rows.filter((item) => Object.keys(valuesOf(item)).length > 0),
    (item) => ({ id: item.row.id, values: valuesOf(item) }),
  );
  const spoiled = await hidePersonalData(
    refusals.map(({ item, error }) => ({ ...refused(item, error), undecided: false })),
    context,
  );
  // The refusal may be about one of our values; the row can show the error without it.
  await writer.write(MODEL.event, spoiled, ({ row, problem }) => ({
    id: row.id,
    values: { state: 'error', error_message: problem?.error ?? false },
  }));
  const instead = new Map(spoiled.map((item) => [item.event.id, item]));
  for (const one of rows) {
    const item = instead.get(one.event.id) ?? one;
    ended.push(
      item.undecided
        ? { kind: 'undecided', id: item.event.id, odooEventId: item.row.id }
        : delivered(item, item.problem !== null && item.registrant === null),
    );
  }
  return ended;
}

/** What a row that waits for a decision gets: what it waits for. Its state stays as it is. */
function waitingValues({ row, notes: ours, registrant }: Concluded): OdooValues {
  const notes = mergedNotes(withoutWaiting(row.notes), ours);
  return { ...(notes === row.notes ? {} : { notes: notes ?? false }), ...personIn(row, registrant) };
}

function finalValues(item: Decided, context: BatchContext): OdooValues {
  const { row, registrant, facts, problem } = item;
  const before = row ? row.notes : mergedNotes(null, facts);
  const notes = mergedNotes(withoutWaiting(before), item.notes);
  return {
    ...finalState(problem?.error ?? null, context),
    ...(notes === before ? {} : { notes: notes ?? false }),
    ...personIn(row, registrant),
  };
}

/** The registrant, where the row does not name it yet. */
export function personIn(row: Row | null, registrant: Located['registrant']): OdooValues {
  return registrant === null || registrant.id === row?.personId ? {} : { person_id: registrant.id };
}
