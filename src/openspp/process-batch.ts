import type { Identifier, VitalEventType } from '../events/vital-event.ts';
import type { OdooClient, OdooValue } from '../odoo/client.ts';
import { OdooError } from '../odoo/errors.ts';
import { tryTogether } from '../odoo/halving.ts';
import { create, write } from '../odoo/orm.ts';
import { odooDatetime } from '../odoo/values.ts';
import type { Capabilities } from './capabilities.ts';
import { type EventRow, findRows, type LoggedEvent, mergedNotes, newRowValues, rowKey } from './event-log.ts';
import { readLiveIds } from './live-ids.ts';
import { type MatchingSettings, matchEvents, NO_MATCH, severalMatchesMessage } from './matching.ts';
import { runningMemberships } from './membership.ts';
import type { Registrant } from './registrant.ts';
import {
  type NumberToStore,
  noTypeNote,
  planNumber,
  registrationNumberOf,
  registryIdValues,
} from './registration-number.ts';
import { chooseRow } from './row-choice.ts';
import { type Change, NO_CHANGE, type Rule, RuleError } from './rules/rule.ts';
import { MODEL } from './vocabulary.ts';

/** An event to deliver. */
export interface EventToDeliver extends LoggedEvent {
  id: number;
  /** The registry's name, as `verification_source` keeps it. */
  source: string;
}

/** What became of an event of the batch. */
export interface DeliveredEvent {
  id: number;
  outcome: 'processed' | 'error';
  odooEventId: number | null;
  errorMessage: string | null;
  notes: string | null;
}

export interface BatchResult {
  delivered: DeliveredEvent[];
  /** Events of a registrant, or with a key, that is in work elsewhere; to be delivered after that. */
  blocked: number[];
}

/** Registrants and row keys in work now, over all batches of the process. */
export type InWork = Set<string>;

export interface BatchContext {
  client: OdooClient;
  openspp: Capabilities;
  matching: MatchingSettings;
  rules: Readonly<Record<VitalEventType, Rule>>;
  inWork: InWork;
  /** Milliseconds since the epoch. */
  now: number;
  /** Told of a failure that is the bridge's own; gets no data of the event. */
  onInternalError(error: unknown, eventId: number): void;
}

/** One event on its way through the batch. */
interface Item {
  event: EventToDeliver;
  registrant: Registrant | null;
  /** The identifier that the row is keyed by, where it has to be made. */
  key: Identifier | null;
  /** The row in Odoo, once there is one. */
  row: { id: number; personId: number | null; notes: string | null; date: string | null } | null;
  /** Whether the row stands in its final state already. */
  finished: boolean;
  change: Change;
  number: NumberToStore | null;
  notes: string[];
  /** Set as soon as the event cannot be processed; ends up as `error_message`. */
  error: string | null;
}

/** Registrant writes make no chatter messages: OpenSPP's event log is the record. */
const QUIETLY = { tracking_disable: true };

/**
 * Delivers a batch of events into OpenSPP. The number of calls depends on the batch's distinct patches, not on its
 * events. Every step finds what an earlier, interrupted try has done, so that repeating a batch ends in the same
 * result.
 *
 * @throws OdooError where Odoo cannot be asked: the whole batch is to be tried again
 */
export async function processBatch(
  events: readonly EventToDeliver[],
  context: BatchContext,
): Promise<BatchResult> {
  const { client, openspp, matching } = context;
  const held: string[] = [];
  try {
    const { matches, registrants } = await matchEvents(client, events, openspp, matching);
    const items: Item[] = [];
    const blocked: number[] = [];
    events.forEach((event, position) => {
      const match = matches[position] ?? { kind: 'none' };
      const registrant = match.kind === 'one' ? (registrants.get(match.registrantId) ?? null) : null;
      const locks = locksOf(event, registrant);
      if (locks.some((lock) => context.inWork.has(lock))) {
        blocked.push(event.id);
        return;
      }
      for (const lock of locks) context.inWork.add(lock);
      held.push(...locks);
      const error =
        match.kind === 'none'
          ? NO_MATCH
          : match.kind === 'several'
            ? severalMatchesMessage(match.leads)
            : null;
      items.push({
        event,
        registrant,
        key: null,
        row: null,
        finished: false,
        change: NO_CHANGE,
        number: null,
        notes: [],
        error,
      });
    });
    if (items.length > 0) await deliver(items, context);
    return { delivered: items.map(resultOf), blocked };
  } finally {
    for (const lock of held) context.inWork.delete(lock);
  }
}

/** What must not be in two hands at once: the registrant, and the row that Odoo would hold to be the same. */
function locksOf(event: EventToDeliver, registrant: Registrant | null): string[] {
  const key = rowKey(event.type, event.date, event.identifiers[0]);
  return [...(registrant ? [`registrant ${registrant.id}`] : []), ...(key ? [key] : [])];
}

function resultOf(item: Item): DeliveredEvent {
  const notes = mergedNotes(null, item.notes);
  return {
    id: item.event.id,
    outcome: item.error === null ? 'processed' : 'error',
    odooEventId: item.row?.id ?? null,
    errorMessage: item.error,
    notes,
  };
}

async function deliver(items: Item[], context: BatchContext): Promise<void> {
  const past = await attachRows(items, context);
  const open = items.filter((item) => !item.finished);
  await decideAll(open, past, context);
  await createRows(open, context);
  await startRows(open, context);
  const matched = open.filter((item) => item.error === null);
  await writeRegistrants(matched, context);
  await exitMemberships(matched, context);
  await storeNumbers(matched, context);
  await finishRows(open, context);
}

type Past = Awaited<ReturnType<typeof findRows>>['past'];

/** Finds the rows that exist; an event whose row is processed needs nothing more. */
async function attachRows(items: Item[], { client, matching }: BatchContext): Promise<Past> {
  const civil = items.filter(({ event }) => event.type === 'marriage' || event.type === 'divorce');
  const known = await findRows(
    client,
    items.map(({ event }) => event),
    civil.map(({ registrant }) => registrant?.id).filter((id) => id !== undefined),
  );
  const taken = new Set<number>();
  const redundant: number[] = [];
  for (const item of items) {
    const choice = chooseRow(item.event, item.registrant?.id ?? null, known, matching, taken);
    redundant.push(...choice.redundant.map(({ id }) => id));
    if (!choice.row) {
      item.key = choice.identifier;
      continue;
    }
    taken.add(choice.row.id);
    adopt(item, choice.row);
  }
  if (redundant.length > 0) await write(client, MODEL.event, redundant, { active: false });
  return known.past;
}

function adopt(item: Item, row: EventRow): void {
  item.row = row;
  if (row.state !== 'processed') return;
  item.finished = true;
  item.error = null;
}

/** Lets each event's rule decide, with what the registrants have now. */
async function decideAll(items: Item[], past: Past, context: BatchContext): Promise<void> {
  const { openspp, matching, client } = context;
  const numbers = new Map<Item, NumberToStore>();
  for (const item of items) {
    if (!item.registrant) continue;
    const number = registrationNumberOf(item.event, openspp, matching);
    if (number && 'missing' in number) item.notes.push(noTypeNote(number.missing));
    else if (number) numbers.set(item, number);
  }
  const live = await readLiveIds(
    client,
    [...numbers.keys()].map(({ registrant }) => registrant?.id).filter((id) => id !== undefined),
    [...numbers.values()].map(({ idTypeId }) => idTypeId),
  );
  for (const item of items) {
    const { registrant, event } = item;
    if (!registrant) continue;
    try {
      item.change = context.rules[event.type]({
        event,
        registrant,
        openspp,
        past: past.get(registrant.id) ?? [],
        receivedOn: new Date(event.receivedAt).toISOString().slice(0, 10),
        now: odooDatetime(context.now),
      });
      item.notes.push(...item.change.notes);
    } catch (error) {
      if (!(error instanceof RuleError)) context.onInternalError(error, event.id);
      item.error = error instanceof RuleError ? error.message : 'The bridge could not apply this event.';
    }
    const number = numbers.get(item);
    if (!number) continue;
    const plan = planNumber(number, live.get(registrant.id) ?? [], openspp);
    if (plan.store) item.number = number;
    else if (plan.note) item.notes.push(plan.note);
  }
}

async function createRows(items: Item[], context: BatchContext): Promise<void> {
  const { client, openspp } = context;
  const missing = items.filter(({ row }) => row === null);
  const { done, refused } = await together(client, MODEL.event, 'create', missing, (some) =>
    create(
      client,
      MODEL.event,
      some.map(({ event, key, registrant }) => newRowValues(event, key, registrant?.id ?? null, openspp)),
    ),
  );
  for (const { item, result } of done) {
    item.row = { id: result, personId: item.registrant?.id ?? null, notes: null, date: item.event.date };
  }
  for (const { item, error } of refused) await keepRefused(item, error, context);
}

/**
 * A row that Odoo refuses to create. Mostly its date is the reason (after Odoo's today); the caseworker should see
 * the event and Odoo's sentence all the same, so it is kept without a date, in `error`.
 */
async function keepRefused(
  item: Item,
  error: OdooError,
  { client, openspp, now }: BatchContext,
): Promise<void> {
  item.error = sentenceOf(error);
  const values = {
    ...newRowValues(item.event, item.key, item.registrant?.id ?? null, openspp),
    event_date: false,
    state: 'error',
    error_message: item.error,
    processed_date: odooDatetime(now),
    processed_by: openspp.uid,
  };
  try {
    const [id] = await create(client, MODEL.event, [values]);
    if (id !== undefined) item.row = { id, personId: item.registrant?.id ?? null, notes: null, date: null };
    item.finished = true;
  } catch (second) {
    if (!(second instanceof OdooError) || second.transient) throw second;
    // Not even so: the event stays in the bridge's own list, with Odoo's sentence.
    item.finished = true;
  }
}

/** Rows go to `processing`; one that was kept without its date gets it back now, and may be refused again. */
async function startRows(items: Item[], { client }: BatchContext): Promise<void> {
  const rows = items.filter((item) => item.row !== null && !item.finished);
  await writeGrouped(rows, client, MODEL.event, ({ row, event }) => ({
    id: row?.id ?? 0,
    values: { state: 'processing', ...(row?.date === event.date ? {} : { event_date: event.date ?? false }) },
  }));
}

async function writeRegistrants(items: Item[], { client }: BatchContext): Promise<void> {
  const patched = items.filter(({ error, change }) => error === null && Object.keys(change.patch).length > 0);
  await writeGrouped(
    patched,
    client,
    MODEL.registrant,
    ({ registrant, change }) => ({ id: registrant?.id ?? 0, values: change.patch }),
    QUIETLY,
  );
}

async function exitMemberships(items: Item[], { client, openspp }: BatchContext): Promise<void> {
  const { membership } = openspp;
  const ending = items.filter(({ error, change }) => error === null && change.exit !== null);
  if (!membership || ending.length === 0) return;
  const running = await runningMemberships(
    client,
    ending.map(({ registrant }) => registrant?.id).filter((id) => id !== undefined),
  );
  const memberships = ending.flatMap((item) =>
    (running.get(item.registrant?.id ?? 0) ?? []).map((id) => ({ id, item })),
  );
  const { refused } = await writeEach(
    memberships,
    client,
    MODEL.membership,
    ({ id, item }) => ({
      id,
      values: {
        state: 'exited',
        ...(membership.has('exit_date') ? { exit_date: item.change.exit?.date ?? false } : {}),
        ...(membership.has('exit_reason') ? { exit_reason: item.change.exit?.reason ?? false } : {}),
      },
    }),
    QUIETLY,
  );
  for (const { item, error } of refused) item.item.error = sentenceOf(error);
}

async function storeNumbers(items: Item[], { client, openspp, now }: BatchContext): Promise<void> {
  const storing = items.filter(({ error, number }) => error === null && number !== null);
  const { refused } = await together(client, MODEL.registryId, 'create', storing, (some) =>
    create(
      client,
      MODEL.registryId,
      some.flatMap(({ registrant, number, event }) =>
        registrant && number
          ? [registryIdValues(registrant.id, number, event.source, odooDatetime(now), openspp.registryId)]
          : [],
      ),
    ),
  );
  for (const { item, error } of refused) item.error = sentenceOf(error);
}

async function finishRows(items: Item[], { client, openspp, now }: BatchContext): Promise<void> {
  const final = (item: Item): Record<string, OdooValue> => {
    const notes = mergedNotes(item.row?.notes ?? null, item.notes);
    const personId = item.registrant?.id ?? null;
    return {
      state: item.error === null ? 'processed' : 'error',
      error_message: item.error ?? false,
      processed_date: odooDatetime(now),
      processed_by: openspp.uid,
      ...(notes === (item.row?.notes ?? null) ? {} : { notes }),
      ...(personId === null || personId === item.row?.personId ? {} : { person_id: personId }),
    };
  };
  const rows = items.filter((item) => item.row !== null && !item.finished);
  const { refused } = await writeEach(rows, client, MODEL.event, (item) => ({
    id: item.row?.id ?? 0,
    values: final(item),
  }));
  for (const { item, error } of refused) {
    item.error = sentenceOf(error);
    const values = { state: 'error', error_message: item.error };
    await writeEach([item], client, MODEL.event, ({ row }) => ({ id: row?.id ?? 0, values }));
  }
}

interface RowWrite {
  id: number;
  values: Record<string, OdooValue>;
}

/** Writes; an item that is refused gets Odoo's sentence as its error. */
async function writeGrouped(
  items: readonly Item[],
  client: OdooClient,
  model: string,
  writeOf: (item: Item) => RowWrite,
  context?: Record<string, OdooValue>,
): Promise<void> {
  const { refused } = await writeEach(items, client, model, writeOf, context);
  for (const { item, error } of refused) item.error = sentenceOf(error);
}

/** One call for all records that get the same values. */
async function writeEach<T>(
  items: readonly T[],
  client: OdooClient,
  model: string,
  writeOf: (item: T) => RowWrite,
  context?: Record<string, OdooValue>,
): Promise<{ refused: { item: T; error: OdooError }[] }> {
  const groups = new Map<string, { values: RowWrite['values']; members: { item: T; id: number }[] }>();
  for (const item of items) {
    const { id, values } = writeOf(item);
    const key = JSON.stringify(values);
    const group = groups.get(key) ?? { values, members: [] };
    group.members.push({ item, id });
    groups.set(key, group);
  }
  const refused: { item: T; error: OdooError }[] = [];
  for (const { values, members } of groups.values()) {
    const outcome = await together(client, model, 'write', members, async (some) => {
      await write(
        client,
        model,
        some.map(({ id }) => id),
        values,
        context ? { context } : {},
      );
      return some;
    });
    refused.push(...outcome.refused.map(({ item, error }) => ({ item: item.item, error })));
  }
  return { refused };
}

/**
 * Tries items together and halves where Odoo refuses. Where nobody got through because the user has no right to the
 * model at all, or the model is not there, that is no fault of the events: the batch is to wait until an operator has
 * mended it. A right that is missing for a single record is the event's own.
 */
async function together<T, R>(
  client: OdooClient,
  model: string,
  operation: 'create' | 'write',
  items: readonly T[],
  attempt: (some: readonly T[]) => Promise<readonly R[]>,
) {
  const outcome = await tryTogether(items, attempt);
  const error = outcome.refused[0]?.error;
  if (error && outcome.done.length === 0) {
    if (error.code === 'odoo.unknown_model' || error.code === 'odoo.unknown_method') throw error;
    if (error.code === 'odoo.access' && !(await client.call(model, 'has_access', { ids: [], operation })))
      throw error;
  }
  return outcome;
}

/** Odoo's sentence, for the caseworker. */
function sentenceOf(error: OdooError): string {
  return error.sentence ?? error.code;
}
