import type { OdooError } from '../odoo/errors.ts';
import { odooDatetime } from '../odoo/values.ts';
import { withBlame } from './added.ts';
import type { BatchContext } from './batch.ts';
import { changedMeanwhile } from './changed-meanwhile.ts';
import { programmeOf } from './deceased.ts';
import { readLiveIds } from './live-ids.ts';
import { type Membership, readMemberships } from './membership.ts';
import { AS_GIVEN, changedBy } from './provenance.ts';
import type { Registrant } from './registrant.ts';
import {
  type NumberToStore,
  nameOf,
  planNumber,
  registryIdValues,
  verifiedValues,
} from './registration-number.ts';
import { type InRow, type Outcome, refused, sentenceOf } from './stages.ts';
import { storeIds } from './store-ids.ts';
import { type OpensppTexts, textsIn } from './texts/index.ts';
import { MODEL, OTHER_MODEL } from './vocabulary.ts';

/** Registrant writes make no chatter messages: OpenSPP's event log is the record. */
const QUIETLY = { tracking_disable: true, ...AS_GIVEN };

/** An event that is being applied, and what that came to so far. */
interface Work {
  readonly item: InRow;
  readonly registrant: Registrant;
  /** The first refusal, which stops what is left of the event; with our own sentence where Odoo's is not enough. */
  refusal: { error: OdooError; sentence?: string } | null;
  notes: readonly string[];
  quotes: boolean;
  /** Whether somebody changed the registrant since it was read. */
  changed: boolean;
}

/**
 * Writes what the rules decided. What a death ends is ended before its registrant is disabled, and a registrant is
 * written last: OpenSPP hides memberships of a disabled registrant, so that nothing could be finished afterwards. A
 * crash or a refusal in between is finished by the next try.
 *
 * @returns the events, in their order; without those whose registrant somebody changed meanwhile
 * @throws OdooError
 */
export async function applyChanges(
  items: readonly InRow[],
  context: BatchContext,
): Promise<{ rows: InRow[]; ended: Outcome[] }> {
  const work = items.flatMap((item): Work[] => {
    const { registrant, problem, notes, quotes } = item;
    return registrant && problem === null
      ? [{ item, registrant, refusal: null, notes, quotes, changed: false }]
      : [];
  });
  for (const step of STEPS) {
    const going = work.filter(({ refusal }) => refusal === null);
    await step(going, context, textsIn(context.openspp.language));
  }
  const done = new Map(work.map((one) => [one.item, one]));
  const rows = items.flatMap((item) => {
    const one = done.get(item);
    if (!one) return [item];
    if (one.changed) return [];
    const applied = { ...item, notes: one.notes, quotes: one.quotes };
    return [one.refusal ? refused(applied, one.refusal.error, one.refusal.sentence) : applied];
  });
  const changed = work.filter((one) => one.changed);
  return { rows, ended: changed.map(({ item }) => ({ kind: 'changed', id: item.event.id })) };
}

type Step = (going: readonly Work[], context: BatchContext, texts: OpensppTexts) => Promise<void>;
const STEPS: readonly Step[] = [
  exitMemberships,
  endPlaces,
  redateExits,
  correctNumbers,
  storeNumbers,
  writeRegistrants,
];

function note(work: Work, ...notes: readonly string[]): void {
  work.notes = [...work.notes, ...notes];
}

/** @returns those that Odoo refused */
function stop<T extends { work: Work }>(refusals: readonly { item: T; error: OdooError }[]): Set<T> {
  for (const { item, error } of refusals) item.work.refusal ??= { error };
  return new Set(refusals.map(({ item }) => item));
}

async function exitMemberships(
  going: readonly Work[],
  { writer, openspp }: BatchContext,
  texts: OpensppTexts,
) {
  const { membership } = openspp;
  if (!membership) return;
  const ending = going.flatMap((work) => {
    const { exit } = work.item.change;
    return exit ? [{ work, exit, memberships: work.item.estate.memberships }] : [];
  });
  const running = ending.flatMap(({ memberships, ...one }) =>
    memberships.filter((entry) => entry.running).map(({ id }) => ({ id, ...one })),
  );
  const refusals = await writer.write(
    MODEL.membership,
    running,
    ({ id, exit, work }) => ({
      id,
      values: {
        state: 'exited',
        ...(membership.has('exit_date') ? { exit_date: exit.date } : {}),
        ...(membership.has('exit_reason') ? { exit_reason: exit.reason } : {}),
        ...changedBy(work.item.event.provenance, membership),
      },
    }),
    QUIETLY,
  );
  const stayed = new Set([...stop(refusals)].map(({ id }) => id));
  for (const { work, exit, memberships } of ending) {
    // Those that an interrupted attempt has ended are named as well.
    const isEnded = ({ id, running: runs, exitDate, exitReason }: Membership) =>
      runs ? !stayed.has(id) : exitDate === exit.date && exitReason === exit.reason;
    const ended = memberships.filter(isEnded).map((one) => programmeOf(one, texts));
    if (ended.length > 0) note(work, texts.death.ended(ended.join(', '), exit.date));
  }
}

/** As OpenSPP's own exit ends them: on the day of the death, and never before their start. */
async function endPlaces(
  going: readonly Work[],
  { writer, openspp, death }: BatchContext,
  texts: OpensppTexts,
) {
  if (!death.endHouseholdPlaces || !openspp.household) return;
  const ending = going.flatMap((work) => {
    const { exit } = work.item.change;
    return exit ? work.item.estate.places.map((place) => ({ work, place, on: `${exit.date} 00:00:00` })) : [];
  });
  const refusals = await writer.write(
    OTHER_MODEL.household,
    ending,
    ({ place, on }) => ({
      id: place.id,
      values: { ended_date: place.startDate !== null && place.startDate > on ? place.startDate : on },
    }),
    QUIETLY,
  );
  const stayed = stop(refusals);
  const ended = ending.filter((one) => !stayed.has(one));
  for (const [work, places] of Map.groupBy(ended, (one) => one.work)) {
    note(work, texts.death.endedPlaces(places.length));
  }
}

/**
 * Memberships that an event ended on the day that it was dated before. OpenSPP hides them once the registrant is
 * disabled: then a note says that they stay.
 */
async function redateExits(going: readonly Work[], context: BatchContext, texts: OpensppTexts) {
  const { client, writer, openspp } = context;
  const { membership } = openspp;
  const moved = going.flatMap((work) => {
    const { redate } = work.item.change;
    return redate ? [{ work, ...redate }] : [];
  });
  if (!membership?.has('exit_date') || !membership.has('exit_reason') || moved.length === 0) return;
  const known = await readMemberships(
    client,
    moved.map(({ work }) => work.registrant.id),
    membership,
  );
  const entries = moved.flatMap((one) =>
    (known.get(one.work.registrant.id) ?? [])
      .filter(({ running, exitDate }) => !running && exitDate === one.from)
      .map((entry) => ({ entry, ...one })),
  );
  const refusals = await writer.write(
    MODEL.membership,
    entries,
    ({ entry, to, work }) => ({
      id: entry.id,
      values: { exit_date: to, ...changedBy(work.item.event.provenance, membership) },
    }),
    QUIETLY,
  );
  const stayed = new Set(refusals.map(({ item }) => item));
  for (const { work, from, to } of moved) {
    const done = entries.filter((one) => one.work === work && !stayed.has(one));
    const names = done.map(({ entry }) => programmeOf(entry, texts)).join(', ');
    if (done.length > 0) note(work, texts.death.redated(names, to));
    else if (work.registrant.disabled) note(work, texts.death.notRedated(from));
  }
}

async function correctNumbers(
  going: readonly Work[],
  { writer, openspp, now }: BatchContext,
  texts: OpensppTexts,
) {
  const corrected = going.flatMap((work) => {
    const { replaces } = work.item;
    return replaces ? [{ work, ...replaces }] : [];
  });
  const refusals = await writer.write(
    MODEL.registryId,
    corrected,
    ({ id, number, work: { item } }) => ({
      id,
      values: {
        ...verifiedValues(number, item.event.source, odooDatetime(now), openspp.registryId),
        ...changedBy(item.event.provenance, openspp.registryId),
      },
    }),
    AS_GIVEN,
  );
  for (const { item, error } of refusals) noteRefusal(item.work, item.number, error, texts);
  const stayed = new Set(refusals.map(({ item }) => item));
  for (const one of corrected) {
    if (!stayed.has(one)) note(one.work, texts.number.stored(nameOf(one.number, texts)));
  }
}

/** A number that cannot be stored is noted: it is no reason to leave an event in error whose change is applied. */
async function storeNumbers(going: readonly Work[], context: BatchContext, texts: OpensppTexts) {
  const { client, openspp, now } = context;
  const storing = going.flatMap((work) => {
    const { item, registrant } = work;
    const { number, event } = item;
    if (!number) return [];
    const values = registryIdValues(
      registrant.id,
      number,
      event.source,
      odooDatetime(now),
      openspp.registryId,
    );
    const id = { values, replaces: null, registrantId: registrant.id, provenance: event.provenance };
    return [{ work, ...id, ...number, number: number.identifier }];
  });
  const outcome = await storeIds(storing, context);
  for (const one of outcome.stored) note(one.work, texts.number.stored(nameOf(one, texts)));
  for (const one of outcome.revived) note(one.work, texts.number.revived(nameOf(one, texts)));
  // Somebody may have given the registrant another ID of the type meanwhile.
  const live = await readLiveIds(
    client,
    outcome.refused.map(({ item }) => item),
    openspp.registryId,
  );
  for (const { item: one, error } of outcome.refused) {
    const plan = planNumber(one, live.get(one.registrantId) ?? [], openspp, texts, context.matching);
    if (plan.store) noteRefusal(one.work, one, error, texts);
    else note(one.work, plan.note);
  }
}

function noteRefusal(
  work: Work,
  number: Pick<NumberToStore, 'identifier'>,
  error: OdooError,
  texts: OpensppTexts,
): void {
  note(work, texts.number.refused(nameOf(number, texts), sentenceOf(error).replace(/\.$/, '')));
  work.quotes = true;
}

async function writeRegistrants(going: readonly Work[], context: BatchContext, texts: OpensppTexts) {
  const { writer, openspp } = context;
  const patching = going.filter(({ item }) => Object.keys(item.change.patch).length > 0);
  const changed = await changedMeanwhile(
    patching.map(({ item, registrant }) => ({ ...item, registrant })),
    context,
  );
  for (const work of patching) work.changed = changed.has(work.item.event.id);
  const patched = patching.filter((work) => !work.changed);
  const refusals = await writer.write(
    MODEL.registrant,
    patched,
    ({ item, registrant }) => ({
      id: registrant.id,
      values: { ...item.change.patch, ...changedBy(item.event.provenance, openspp.registrant) },
    }),
    QUIETLY,
  );
  for (const { item: work, error } of refusals) {
    work.refusal = { error, sentence: withBlame(sentenceOf(error), work.item.patchedBy, texts) };
  }
  for (const work of patched) {
    if (work.refusal === null) work.notes = [...(work.item.change.done ?? []), ...work.notes];
  }
}
