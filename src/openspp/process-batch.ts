import { addToRows } from './added.ts';
import { applyChanges } from './apply.ts';
import { type BatchContext, type EventToDeliver, fail, type Item } from './batch.ts';
import { fileRequests } from './change-requests/file-requests.ts';
import { planRequests } from './change-requests/plan.ts';
import { recordedAmong, recordOnly } from './change-requests/record.ts';
import { lookAround } from './deceased.ts';
import { decideAll } from './decide.ts';
import { mergedNotes, rowKey } from './event-log.ts';
import { attachRows, createRows, finishRows, settleUnchanged, startRows } from './event-rows.ts';
import type { Found } from './hooks.ts';
import {
  amongRegistrants,
  findHolders,
  type Holders,
  holdersOf,
  type Match,
  resolveMatch,
  severalMatchesMessage,
  withoutContradictions,
} from './matching.ts';
import { explainNoMatch, findWhereabouts, hiddenHolder } from './no-match.ts';
import { hidePersonalData } from './personal-data.ts';
import type { EventReason } from './reasons.ts';
import { type Registrant, readRegistrants } from './registrant.ts';
import { takeBack } from './revocation.ts';
import { NO_CHANGE } from './rules/rule.ts';
import { textsIn } from './texts/index.ts';

/** What became of an event of the batch. */
export interface DeliveredEvent {
  id: number;
  outcome: 'processed' | 'error';
  odooEventId: number | null;
  errorMessage: string | null;
  notes: string | null;
  /** Why it is in error; null where it is not. */
  reason: EventReason | null;
  /** Whether it is in error because it cannot be told whom it is about: that may change by itself. */
  unmatched: boolean;
}

export interface BatchResult {
  delivered: DeliveredEvent[];
  /** Events of a registrant, or with a row, that is in work elsewhere; to be delivered after that. */
  blocked: number[];
  /** Events whose row somebody else changed meanwhile: nothing was written over it, and they are to be looked at anew. */
  changed: number[];
  /** Events whose rows wait for a decision on their change requests. */
  undecided: { id: number; odooEventId: number | null }[];
}

/**
 * Delivers a batch of events into OpenSPP. The number of calls does not depend on the number of events. Every step
 * finds what an earlier, interrupted try has done, so that repeating a batch ends in the same result.
 *
 * Of several events of one registrant only the first is delivered; the others are `blocked`, so that they are decided
 * with what it changed. A registrant is held before it is read: what is decided on is what the last one left.
 *
 * @throws OdooError where Odoo cannot be asked: the whole batch is to be tried again
 */
export async function processBatch(
  events: readonly EventToDeliver[],
  context: BatchContext,
): Promise<BatchResult> {
  const { client, openspp, matching, holds, hooks } = context;
  const found = hooks?.findPersons ? await hooks.findPersons(events, context) : null;
  const foundOf = new Map(found?.map((one, position) => [events[position]?.id, one]));
  const left = found ? events.filter((_, position) => found[position]?.kind === 'bridge') : events;
  const holders = await findHolders(client, left, openspp, matching);
  const wanted = events.map((event) => ({
    event,
    partners: partnersOf(foundOf.get(event.id), () => holdersOf(event, holders, openspp, matching)),
    keys: [] as string[],
  }));
  for (const one of wanted) {
    const personId = one.event.adopted?.personId ?? null;
    if (personId !== null) one.partners.add(personId);
    one.keys = keysOf(one.event, one.partners);
  }
  const { ours, others } = firstOfEach(wanted);
  const held = await holds.hold(ours.flatMap(({ keys }) => keys));
  try {
    const free = ours.filter(({ keys }) => keys.every((key) => held.has(key)));
    const blocked = [...others, ...ours.filter((one) => !free.includes(one))].map(({ event }) => event.id);
    const partners = new Set(free.flatMap((one) => [...one.partners]));
    const registrants = await readRegistrants(
      client,
      [...partners],
      openspp.registrant,
      hooks?.registrantFields,
    );
    const index = amongRegistrants(holders, registrants);
    const matches = await withoutContradictions(
      client,
      free.map(({ event }) => event),
      free.map(({ event }) => resolveMatch(event, index, openspp.idTypes, matching)),
      openspp,
      matching,
    );
    const items = free.map(({ event }, position) => {
      const match =
        foundMatch(foundOf.get(event.id), registrants) ?? matches[position] ?? ({ kind: 'none' } as const);
      return newItem(event, withNamedPerson(match, event, registrants), registrants, context);
    });
    await explainAll(items, holders, registrants, context);
    if (items.length > 0) await deliver(items, context);
    return {
      delivered: items.filter(({ changed, undecided }) => !changed && !undecided).map(resultOf),
      blocked,
      undecided: items
        .filter(({ changed, undecided }) => undecided && !changed)
        .map(({ event, row }) => ({ id: event.id, odooEventId: row?.id ?? null })),
      changed: items.filter(({ changed }) => changed).map(({ event }) => event.id),
    };
  } finally {
    await holds.free([...held]);
  }
}

/** Everybody whom the event may be about: whom the country's own matching names, else whoever has an identifier. */
function partnersOf(found: Found | undefined, holders: () => Set<number>): Set<number> {
  if (found === undefined || found.kind === 'bridge') return holders();
  return new Set(found.kind === 'one' ? [found.registrantId] : []);
}

/** The match that a country's own matching comes to; null where it leaves that to the bridge's. */
function foundMatch(
  found: Found | undefined,
  registrants: ReadonlyMap<number, Registrant>,
): Match | Failed | null {
  if (found === undefined || found.kind === 'bridge') return null;
  // A group, a contact or an archived registrant is never whom an event is about.
  if (found.kind === 'one' && !registrants.has(found.registrantId)) return { kind: 'none' };
  return found;
}

/** The country's own matching failed, with a sentence for the caseworker. */
type Failed = Extract<Found, { kind: 'failed' }>;

/** What must not be in two hands at once: the registrant, and the row that Odoo would hold to be the same. */
function keysOf(event: EventToDeliver, partners: ReadonlySet<number>): string[] {
  const [first] = event.identifiers;
  // Nobody is born or dies twice: messages with different dates may be about the same event, one of them a correction.
  const once = event.type === 'birth' || event.type === 'death';
  const key = once
    ? first && JSON.stringify([event.type, first.type, first.value])
    : rowKey(event.type, event.date, first);
  return [
    ...[...partners].map(registrantKey),
    ...(key ? [key] : []),
    ...(event.odooEventId === null ? [] : [`row ${event.odooEventId}`]),
  ];
}

/** What is held while a registrant is worked on. */
export function registrantKey(id: number): string {
  return `registrant ${id}`;
}

/** Of events that have a key in common, the first; the others are to follow it. */
export function firstOfEach<T extends { keys: readonly string[] }>(
  wanted: readonly T[],
): { ours: T[]; others: T[] } {
  const taken = new Set<string>();
  const ours: T[] = [];
  const others: T[] = [];
  for (const one of wanted) {
    if (one.keys.some((key) => taken.has(key))) {
      others.push(one);
      continue;
    }
    for (const key of one.keys) taken.add(key);
    ours.push(one);
  }
  return { ours, others };
}

/** A row that a user made may name its registrant; identifiers that lead to somebody else contradict it. */
function withNamedPerson(
  match: Match | Failed,
  { adopted, identifiers }: EventToDeliver,
  registrants: ReadonlyMap<number, Registrant>,
): Match | Failed {
  const personId = adopted?.personId ?? null;
  if (personId === null || !registrants.has(personId)) return match;
  const named = { type: 'the event', registrantId: personId };
  if (match.kind === 'none') return { kind: 'one', registrantId: personId };
  if (match.kind === 'several' || match.kind === 'contradiction' || match.kind === 'failed') return match;
  if (match.registrantId === personId) return match;
  return {
    kind: 'several',
    leads: [named, { type: identifiers[0]?.type ?? '', registrantId: match.registrantId }],
  };
}

function newItem(
  event: EventToDeliver,
  match: Match | Failed,
  registrants: ReadonlyMap<number, Registrant>,
  { openspp }: BatchContext,
): Item {
  const item: Item = {
    event,
    registrant: match.kind === 'one' ? (registrants.get(match.registrantId) ?? null) : null,
    key: null,
    row: null,
    finished: false,
    changed: false,
    undecided: false,
    change: NO_CHANGE,
    number: null,
    corrects: null,
    notes: [],
    facts: [],
    quotesOdoo: false,
    added: null,
    patchedBy: '',
    error: null,
    reason: null,
  };
  const texts = textsIn(openspp.language);
  if (match.kind === 'contradiction') {
    const { lead, type } = match;
    fail(item, 'match.contradiction', texts.match.contradiction(lead.type, lead.registrantId, type));
  }
  // Both spouses have the number of their marriage.
  const once = event.type === 'birth' || event.type === 'death';
  if (once && match.kind === 'one' && match.elsewhere && match.elsewhere.length > 0) {
    const others = match.elsewhere.map(({ registrantId }) => registrantId).join(', ');
    item.notes.push(texts.match.elsewhere(match.elsewhere[0]?.type ?? '', others));
  }
  if (match.kind === 'several') {
    fail(item, 'match.several', severalMatchesMessage(match.leads, texts));
  }
  if (match.kind === 'failed') {
    fail(item, 'match.extension', match.error);
    item.quotesOdoo = true;
  }
  return item;
}

/** Whoever has an identifier of an event that matches nobody is looked for among those that do not count. */
async function explainAll(
  items: readonly Item[],
  holders: Holders,
  registrants: ReadonlyMap<number, Registrant>,
  { client, openspp, matching }: BatchContext,
): Promise<void> {
  const unmatched = items.filter(({ registrant, error }) => registrant === null && error === null);
  const others = items.flatMap(({ event }) => [...holdersOf(event, holders, openspp, matching)]);
  const whereabouts = await findWhereabouts(
    client,
    [...new Set(others)].filter((id) => !registrants.has(id)),
  );
  const { match } = textsIn(openspp.language);
  for (const item of items.filter(({ registrant }) => registrant !== null)) {
    const type = hiddenHolder(item.event, holders, whereabouts, openspp, matching);
    if (type !== null) item.notes.push(match.hiddenToo(type));
  }
  for (const item of unmatched) {
    const { reason, error } = explainNoMatch(item.event, holders, whereabouts, openspp, matching);
    fail(item, reason, error);
  }
}

async function deliver(items: readonly Item[], context: BatchContext): Promise<void> {
  const past = await attachRows(items, context);
  await takeBack(
    items.filter(({ revocation, finished }) => revocation && !finished),
    context,
  );
  const open = items.filter(({ finished }) => !finished);
  const recorded = await recordedAmong(open, context);
  const decided = open.filter((item) => !recorded.includes(item));
  await decideAll(decided, past, context);
  settleUnchanged(decided, context);
  await lookAround(
    decided.filter(({ finished }) => !finished),
    context,
  );
  await addToRows(open, context);
  await createRows(open, context);
  await hidePersonalData(recorded, context);
  await recordOnly(recorded, context);
  const plans = await planRequests(decided, context);
  await startRows(decided, context);
  await applyChanges(
    decided.filter(({ finished, changed, undecided }) => !finished && !changed && !undecided),
    context,
  );
  await fileRequests(plans, context);
  await hidePersonalData(open, context);
  await finishRows(decided, context);
}

function resultOf({ event, registrant, row, finished, error, reason, facts, notes }: Item): DeliveredEvent {
  return {
    id: event.id,
    outcome: error === null ? 'processed' : 'error',
    odooEventId: row?.id ?? null,
    errorMessage: error,
    notes: mergedNotes(null, [...facts, ...notes]),
    reason: error === null ? null : (reason ?? 'bridge.internal'),
    unmatched: error !== null && registrant === null && !finished,
  };
}
