import { OdooError } from '../odoo/errors.ts';
import { create, type OdooValues, write } from '../odoo/orm.ts';
import { odooDatetime } from '../odoo/values.ts';
import { missingIn, withBlame } from './added.ts';
import { type BatchContext, type Item, refuse, sentenceOf } from './batch.ts';
import { findRows, type KnownRows, mergedNotes, newRowValues, readStates } from './event-log.ts';
import { chooseRow } from './row-choice.ts';
import { MODEL } from './vocabulary.ts';

/** What the bridge's own list says of a row that it was to finish. */
export const ROW_GONE = 'The event was archived or deleted in OpenSPP before it was processed.';

/**
 * Finds the rows that the events have already; one whose row is processed needs nothing more.
 *
 * @returns what OpenSPP has processed for the registrants whose civil status is at stake
 */
export async function attachRows(
  items: readonly Item[],
  { client, matching, openspp, hooks }: BatchContext,
): Promise<KnownRows['past']> {
  const civil = items.filter(({ event }) => event.type === 'marriage' || event.type === 'divorce');
  const known = await findRows(
    client,
    items.map(({ event }) => event),
    civil.map(({ registrant }) => registrant?.id).filter((id) => id !== undefined),
    hooks?.eventFields.filter((name) => openspp.event.has(name)),
  );
  const taken = new Set<number>();
  const redundant: number[] = [];
  for (const item of items) {
    const choice = chooseRow(item.event, item.registrant?.id ?? null, known, matching, taken);
    redundant.push(...choice.redundant.map(({ id }) => id));
    item.key = choice.identifier;
    item.row = choice.row;
    if (!choice.row) {
      if (item.event.adopted) giveUp(item);
      continue;
    }
    taken.add(choice.row.id);
    if (choice.row.state !== 'processed') continue;
    item.finished = true;
    item.error = null;
  }
  if (redundant.length > 0) await write(client, MODEL.event, redundant, { active: false });
  return known.past;
}

/** A row that a user made and took away again is not made anew. */
function giveUp(item: Item): void {
  item.finished = true;
  item.error = ROW_GONE;
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
      notes: null,
      date: item.event.date,
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
    item.finished = true;
    item.error = null;
  }
}

function rowValues({ event, key, registrant, added }: Item, { openspp }: BatchContext): OdooValues {
  const values = newRowValues(event, key, registrant?.id ?? null, openspp);
  return added ? { ...values, ...added.values } : values;
}

/**
 * A row that Odoo refuses to create. Mostly its date is the reason (after Odoo's today); the caseworker should see
 * the event and Odoo's sentence all the same, so it is kept without a date, in `error`.
 */
async function keepRefused(item: Item, error: OdooError, context: BatchContext): Promise<void> {
  item.error = sentenceOf(error);
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
  item.error = `Odoo refused what is added by ${added?.said}: ${sentenceOf(error)}`;
  if (await createFinal(item, item.event.date, context)) return true;
  item.error = sentenceOf(error);
  return false;
}

/** Makes the row in its final state. @returns false where Odoo refuses even that: then only the bridge's list has it */
async function createFinal(item: Item, date: string | null, context: BatchContext): Promise<boolean> {
  const personId = item.registrant?.id ?? null;
  try {
    const [id] = await create(context.client, MODEL.event, [
      { ...rowValues(item, context), event_date: date ?? false, ...finalValues(item, context) },
    ]);
    if (id !== undefined) item.row = { id, personId, notes: null, date, state: 'error' };
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
export async function startRows(items: readonly Item[], { writer }: BatchContext): Promise<void> {
  const starting = unfinished(items);
  const refused = await writer.write(MODEL.event, starting, (item) => ({
    id: item.row?.id ?? 0,
    values: {
      state: 'processing',
      ...(item.row?.date === item.event.date ? {} : { event_date: item.event.date ?? false }),
      ...missingIn(item),
    },
  }));
  refuse(refused);
  for (const { item } of refused) {
    const blamed = Object.keys(missingIn(item)).length > 0 ? (item.added?.said ?? '') : '';
    item.error = withBlame(item.error ?? '', blamed);
  }
  const stayed = new Set(refused.map(({ item }) => item));
  for (const item of starting) if (item.row && !stayed.has(item)) item.row.state = 'processing';
}

/** Rows get their final state. */
export async function finishRows(items: readonly Item[], context: BatchContext): Promise<void> {
  const { writer } = context;
  await checkUnchanged(unfinished(items), context);
  const refused = await writer.write(MODEL.event, unfinished(items), (item) => ({
    id: item.row?.id ?? 0,
    values: finalValues(item, context),
  }));
  refuse(refused);
  // What was refused may have been a value of ours; that the event is in error can be told without it.
  await writer.write(MODEL.event, refused, ({ item }) => ({
    id: item.row?.id ?? 0,
    values: { state: 'error', error_message: item.error ?? false },
  }));
}

function unfinished(items: readonly Item[]): Item[] {
  return items.filter(({ row, finished, changed }) => row !== null && !finished && !changed);
}

function finalValues(item: Item, { openspp, now }: BatchContext): OdooValues {
  const before = item.row?.notes ?? null;
  const notes = mergedNotes(before, item.notes);
  const personId = item.registrant?.id ?? null;
  return {
    state: item.error === null ? 'processed' : 'error',
    error_message: item.error ?? false,
    processed_date: odooDatetime(now),
    processed_by: openspp.uid,
    ...(notes === before ? {} : { notes }),
    ...(personId === null || personId === item.row?.personId ? {} : { person_id: personId }),
  };
}
