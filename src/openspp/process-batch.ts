import { addToRows } from './added.ts';
import { applyChanges } from './apply.ts';
import { type BatchContext, registrantKey, whileHeld } from './batch.ts';
import { fileRequests } from './change-requests/file-requests.ts';
import { planRequests } from './change-requests/plan.ts';
import { recordedAmong, recordOnly } from './change-requests/record.ts';
import { lookAround } from './deceased.ts';
import { decideAll } from './decide.ts';
import { rowKey } from './event-log.ts';
import type { EventToDeliver } from './event-row.ts';
import { createRows, finishRows, startRows } from './event-rows.ts';
import type { Found } from './hooks.ts';
import { listed } from './listed.ts';
import { locate } from './locate.ts';
import {
  findHolders,
  type Holders,
  isSharedNumber,
  type Match,
  type MatchingSettings,
  matchAmong,
  severalMatchesMessage,
} from './matching.ts';
import { explainNoMatch, findWhereabouts, hiddenHolder } from './no-match.ts';
import { hidePersonalData } from './personal-data.ts';
import { type Registrant, readRegistrants } from './registrant.ts';
import { takeBack } from './revocation.ts';
import {
  type Concluded,
  delivered,
  failed,
  type Matched,
  NOTHING_CHANGES,
  noted,
  type Outcome,
  type Problem,
  settled,
} from './stages.ts';
import { type OpensppTexts, textsIn } from './texts/index.ts';

/**
 * Delivers a batch of events into OpenSPP. The number of calls does not depend on the number of events. Every step
 * finds what an earlier, interrupted attempt has done, so that repeating a batch ends in the same result.
 *
 * Of several events of one registrant only the first is delivered; the others are `blocked`, so that they are decided
 * with what it changed. A registrant is held before it is read: what is decided on is what the last one left.
 *
 * @throws OdooError where Odoo cannot be asked: the whole batch is to be tried again
 */
export async function processBatch(
  events: readonly EventToDeliver[],
  context: BatchContext,
): Promise<Outcome[]> {
  const found = (await context.hooks?.findPersons?.(events, context)) ?? [];
  const foundOf = new Map(found.map((one, position) => [events[position]?.id, one]));
  const left = events.filter(({ id }) => (foundOf.get(id)?.kind ?? 'bridge') === 'bridge');
  const holders = await findHolders(left, context);
  const replacing = events.filter(({ correction, revoked }) => correction || revoked);
  const replaced = new Set(replacing.flatMap(identifierKeys));
  const wanted = events.map((event): Wanted => {
    const own = foundOf.get(event.id) ?? { kind: 'bridge' };
    const partners = partnersOf(event, own, holders);
    return { event, found: own, partners, keys: keysOf(event, partners, replaced) };
  });
  return whileHeld(wanted, context, async (free) => deliver(await matchAll(free, holders, context), context));
}

/** An event, and everybody whom it may be about. */
interface Wanted {
  event: EventToDeliver;
  /** What the country's own matching says of it. */
  found: Found;
  partners: ReadonlySet<number>;
  keys: readonly string[];
}

/** All whom the event may be about: whom the country's own matching names, else all who have an identifier. */
function partnersOf({ identifiers, adopted }: EventToDeliver, found: Found, holders: Holders): Set<number> {
  const named = found.kind === 'one' ? [found.registrantId] : [];
  const partners = found.kind === 'bridge' ? holders.of(identifiers) : new Set(named);
  const personId = adopted?.personId ?? null;
  return personId === null ? partners : partners.add(personId);
}

/**
 * What must not be in two hands at once: the registrant, and the row that is about the same, for Odoo or for the bridge.
 * Messages with other dates, and with one identifier in common, may be about one event: one of them may correct the
 * other, or take it back.
 *
 * @param replaced the identifiers of the events that do so
 */
function keysOf(
  event: EventToDeliver,
  partners: ReadonlySet<number>,
  replaced: ReadonlySet<string>,
): string[] {
  const key = happensOnce(event) ? null : rowKey(event.type, event.date, event.identifiers[0]);
  return [
    ...[...partners].map(registrantKey),
    ...(key ? [key] : []),
    ...identifierKeys(event).filter((one) => happensOnce(event) || replaced.has(one)),
    ...(event.odooEventId === null ? [] : [`row ${event.odooEventId}`]),
  ];
}

function identifierKeys({ type, identifiers }: EventToDeliver): string[] {
  return identifiers.map((one) => JSON.stringify([type, one.type.toUpperCase(), one.value]));
}

/** Each person is born and dies once; and both spouses have the number of their marriage. */
function happensOnce({ type }: EventToDeliver): boolean {
  return type === 'birth' || type === 'death';
}

/** Reads the registrants, and decides whom each event is about, or why about nobody. */
async function matchAll(
  wanted: readonly Wanted[],
  holders: Holders,
  context: BatchContext,
): Promise<Matched[]> {
  const { client, openspp, hooks, matching } = context;
  const partners = new Set(wanted.flatMap((one) => [...one.partners]));
  const registrants = await readRegistrants(
    client,
    [...partners],
    openspp.registrant,
    hooks?.registrantFields,
  );
  const events = wanted.map(({ event }) => event);
  const matches = await matchAmong(registrants, events, holders, context);
  const texts = textsIn(openspp.language);
  const items = wanted.map(({ event, found }, position) => {
    const own = matches[position] ?? { kind: 'none' as const };
    return matchedItem(event, withNamedPerson(foundMatch(found, registrants) ?? own, event, registrants), {
      registrants,
      texts,
      matching,
    });
  });
  // Those who have an identifier of an event and do not count explain why it matches no registrant.
  const others = new Set(events.flatMap(({ identifiers }) => [...holders.of(identifiers)]));
  const whereabouts = await findWhereabouts(
    client,
    [...others].filter((id) => !registrants.has(id)),
  );
  return items.map((item) => {
    if (item.registrant === null)
      return failed(item, explainNoMatch(item.event, { holders, whereabouts }, texts));
    const type = hiddenHolder(item.event, { holders, whereabouts }, matching);
    return type === null ? item : noted(item, texts.match.hiddenToo(type));
  });
}

/** The country's own matching failed, with a sentence for the caseworker. */
type Failed = Extract<Found, { kind: 'failed' }>;

/** The match that a country's own matching comes to; null where it leaves that to the bridge's. */
function foundMatch(found: Found, registrants: ReadonlyMap<number, Registrant>): Match | Failed | null {
  if (found.kind === 'bridge') return null;
  // A group, a contact or an archived registrant is never whom an event is about.
  if (found.kind === 'one' && !registrants.has(found.registrantId)) return { kind: 'none' };
  return found;
}

/** A row that a user made may name its registrant; identifiers that lead to somebody else contradict it. */
function withNamedPerson(
  match: Match | Failed,
  { adopted, identifiers }: EventToDeliver,
  registrants: ReadonlyMap<number, Registrant>,
): Match | Failed {
  const personId = adopted?.personId ?? null;
  if (personId === null || !registrants.has(personId)) return match;
  if (match.kind === 'none') return { kind: 'one', registrantId: personId };
  if (match.kind !== 'one' || match.registrantId === personId) return match;
  return {
    kind: 'several',
    leads: [
      { type: 'the event', registrantId: personId },
      { type: identifiers[0]?.type ?? '', registrantId: match.registrantId },
    ],
  };
}

function matchedItem(
  event: EventToDeliver,
  match: Match | Failed,
  {
    registrants,
    texts,
    matching,
  }: { registrants: ReadonlyMap<number, Registrant>; texts: OpensppTexts; matching: MatchingSettings },
): Matched {
  const registrant = match.kind === 'one' ? (registrants.get(match.registrantId) ?? null) : null;
  const elsewhere = (happensOnce(event) && match.kind === 'one' && match.elsewhere) || [];
  const others = listed(elsewhere.map(({ registrantId }) => registrantId));
  const by = match.kind === 'one' && match.by !== undefined ? { type: match.by, value: '' } : null;
  return {
    event,
    registrant,
    sharedBy: by && isSharedNumber(event, by, matching) ? by.type : null,
    problem: problemOf(match, texts),
    notes: others === '' ? [] : [texts.match.elsewhere(elsewhere[0]?.type ?? '', others)],
    quotes: match.kind === 'failed',
  };
}

function problemOf(match: Match | Failed, texts: OpensppTexts): Problem | null {
  switch (match.kind) {
    case 'contradiction': {
      const { lead, type } = match;
      const error = texts.match.contradiction(lead.type, lead.registrantId, type);
      return { reason: 'match.contradiction', error };
    }
    case 'several':
      return { reason: 'match.several', error: severalMatchesMessage(match.leads, texts) };
    case 'failed':
      return { reason: 'match.extension', error: match.error };
    default:
      return null;
  }
}

/** Takes matched events through all stages. What became of an event at one stage is no matter of the next. */
async function deliver(matched: readonly Matched[], context: BatchContext): Promise<Outcome[]> {
  if (matched.length === 0) return [];
  const { locations, past } = await locate(matched, context);
  const ended = locations.flatMap(({ kind, item }): Outcome[] => {
    if (kind === 'settled') return [settled(item)];
    const error = textsIn(context.openspp.language).row.gone;
    // A row that a user made and took away again is not made again.
    return kind === 'gone' ? [delivered({ ...item, problem: { reason: 'openspp.row_gone', error } })] : [];
  });
  const revoked = locations.flatMap((one) => (one.kind === 'revoked' ? [one.item] : []));
  ended.push(...(await takeBack(revoked, context)));
  const open = locations.flatMap(({ kind, item }) => (kind === 'open' ? [item] : []));
  const kept = await recordedAmong(open, context);
  const toDecide = open.filter((item) => !kept.includes(item));
  const decided = await decideAll(toDecide, past, context);
  const going = await lookAround(decided.rows, context);
  const onlyRecorded = kept.map((item) => ({ ...item, ...NOTHING_CHANGES, recordOnly: true }));
  const made = await createRows(await addToRows([...going, ...onlyRecorded], context), context);
  ended.push(...decided.ended, ...made.ended);
  const recorded = made.rows.filter((item) => item.recordOnly);
  ended.push(...(await recordOnly(await hidePersonalData(recorded, context), context)));
  const rows = made.rows.filter((item) => !item.recordOnly);
  const plans = await planRequests(rows, context);
  const planned = new Set(plans.map(({ item }) => item.event.id));
  const direct = rows.filter(({ event }) => !planned.has(event.id));
  const filing = plans.filter(({ waits }) => !waits);
  const started = await startRows([...direct, ...filing.map(({ item }) => item)], context);
  const applied = await applyChanges(started.slice(0, direct.length), context);
  ended.push(...applied.ended);
  const filed = await fileRequests(
    filing.map((plan, position) => ({ ...plan, item: started[direct.length + position] ?? plan.item })),
    context,
  );
  const concluded: Concluded[] = [
    ...applied.rows.map((item) => ({ ...item, undecided: false })),
    ...filed,
    ...plans.flatMap(({ item, waits }) => (waits ? [{ ...item, undecided: true }] : [])),
  ];
  ended.push(...(await finishRows(await hidePersonalData(concluded, context), context)));
  return ended;
}
