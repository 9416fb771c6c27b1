import type { OdooError } from '../odoo/errors.ts';
import { odooDatetime } from '../odoo/values.ts';
import { withBlame } from './added.ts';
import { type BatchContext, type Item, refuse, sentenceOf } from './batch.ts';
import { markChangedMeanwhile } from './changed-meanwhile.ts';
import { estateOf, programmeOf } from './deceased.ts';
import { readLiveIds } from './live-ids.ts';
import { type Membership, readMemberships } from './membership.ts';
import { AS_GIVEN, changedBy } from './provenance.ts';
import {
  type NumberToStore,
  nameOf,
  planNumber,
  registryIdValues,
  verifiedValues,
} from './registration-number.ts';
import { storeIds } from './store-ids.ts';
import { textsIn } from './texts/index.ts';
import { MODEL, OTHER_MODEL } from './vocabulary.ts';

/** Registrant writes make no chatter messages: OpenSPP's event log is the record. */
const QUIETLY = { tracking_disable: true, ...AS_GIVEN };

/**
 * Writes what the rules decided. What a death ends is ended before its registrant is disabled, and a registrant is
 * written last: OpenSPP hides memberships of a disabled registrant, so that nothing could be finished afterwards. A
 * crash or a refusal in between is finished by the next try.
 */
export async function applyChanges(items: readonly Item[], context: BatchContext): Promise<void> {
  await exitMemberships(going(items), context);
  await endPlaces(going(items), context);
  await redateExits(going(items), context);
  await correctNumbers(going(items), context);
  await storeNumbers(going(items), context);
  await writeRegistrants(going(items), context);
}

/** Those that nothing has stopped so far. */
function going(items: readonly Item[]): Item[] {
  return items.filter(({ error, registrant, changed }) => error === null && registrant !== null && !changed);
}

const registrantId = ({ registrant }: Item): number => registrant?.id ?? 0;

async function writeRegistrants(items: readonly Item[], context: BatchContext): Promise<void> {
  const { writer, openspp } = context;
  const patching = items.filter(({ change }) => Object.keys(change.patch).length > 0);
  await markChangedMeanwhile(patching, context);
  const patched = going(patching);
  const refused = await writer.write(
    MODEL.registrant,
    patched,
    (item) => ({
      id: registrantId(item),
      values: { ...item.change.patch, ...changedBy(item.event.provenance, openspp.registrant) },
    }),
    QUIETLY,
  );
  refuse(refused);
  const texts = textsIn(openspp.language);
  for (const { item } of refused) item.error = withBlame(item.error ?? '', item.patchedBy, texts);
  for (const { error, notes, change } of patched) {
    if (error === null) notes.unshift(...(change.done ?? []));
  }
}

async function exitMemberships(items: readonly Item[], { writer, openspp }: BatchContext): Promise<void> {
  const { membership } = openspp;
  const ending = items.flatMap((item) => {
    const { exit } = item.change;
    return exit ? [{ item, exit }] : [];
  });
  if (!membership || ending.length === 0) return;
  const running = ending.flatMap((one) =>
    estateOf(one.item)
      .memberships.filter((entry) => entry.running)
      .map(({ id }) => ({ id, ...one })),
  );
  const refused = await writer.write(
    MODEL.membership,
    running,
    ({ id, exit, item }) => ({
      id,
      values: {
        state: 'exited',
        ...(membership.has('exit_date') ? { exit_date: exit.date } : {}),
        ...(membership.has('exit_reason') ? { exit_reason: exit.reason } : {}),
        ...changedBy(item.event.provenance, membership),
      },
    }),
    QUIETLY,
  );
  refuse(refused.map(({ item, error }) => ({ item: item.item, error })));
  const texts = textsIn(openspp.language);
  const stayed = new Set(refused.map(({ item }) => item.id));
  for (const { item, exit } of ending) {
    // Those that an interrupted try has ended are told as well.
    const isEnded = ({ id, running: runs, exitDate, exitReason }: Membership) =>
      runs ? !stayed.has(id) : exitDate === exit.date && exitReason === exit.reason;
    const ended = estateOf(item).memberships.filter(isEnded);
    if (ended.length === 0) continue;
    item.notes.push(texts.death.ended(ended.map((one) => programmeOf(one, texts)).join(', '), exit.date));
  }
}

/** As OpenSPP's own exit ends them: on the day of the death, and never before their start. */
async function endPlaces(items: readonly Item[], { writer, openspp, death }: BatchContext): Promise<void> {
  if (!death.endHouseholdPlaces || !openspp.household) return;
  const ending = items.flatMap((item) => {
    const { exit } = item.change;
    return exit ? estateOf(item).places.map((place) => ({ item, place, on: `${exit.date} 00:00:00` })) : [];
  });
  const refused = await writer.write(
    OTHER_MODEL.household,
    ending,
    ({ place, on }) => ({
      id: place.id,
      values: { ended_date: place.startDate !== null && place.startDate > on ? place.startDate : on },
    }),
    QUIETLY,
  );
  refuse(refused.map(({ item, error }) => ({ item: item.item, error })));
  const stayed = new Set(refused.map(({ item }) => item));
  const texts = textsIn(openspp.language);
  for (const [item, places] of Map.groupBy(
    ending.filter((one) => !stayed.has(one)),
    (one) => one.item,
  )) {
    item.notes.push(texts.death.endedPlaces(places.length));
  }
}

/**
 * Memberships that an event ended on the day that it was dated before. OpenSPP hides them once the registrant is
 * disabled: then a note says that they stay.
 */
async function redateExits(items: readonly Item[], { client, writer, openspp }: BatchContext): Promise<void> {
  const { membership } = openspp;
  const moved = items.flatMap((item) => (item.change.redate ? [{ item, ...item.change.redate }] : []));
  if (!membership?.has('exit_date') || !membership.has('exit_reason') || moved.length === 0) return;
  const known = await readMemberships(
    client,
    moved.map(({ item }) => registrantId(item)),
    membership,
  );
  const texts = textsIn(openspp.language);
  const memberships = moved.flatMap((one) =>
    (known.get(registrantId(one.item)) ?? [])
      .filter(({ running, exitDate }) => !running && exitDate === one.from)
      .map((entry) => ({ entry, ...one })),
  );
  const refused = await writer.write(
    MODEL.membership,
    memberships,
    ({ entry, to, item }) => ({
      id: entry.id,
      values: { exit_date: to, ...changedBy(item.event.provenance, membership) },
    }),
    QUIETLY,
  );
  const stayed = new Set(refused.map(({ item }) => item));
  for (const { item, from, to } of moved) {
    const done = memberships.filter((one) => one.item === item && !stayed.has(one));
    const names = done.map(({ entry }) => programmeOf(entry, texts)).join(', ');
    if (done.length > 0) item.notes.push(texts.death.redated(names, to));
    else if (item.registrant?.disabled) item.notes.push(texts.death.notRedated(from));
  }
}

async function correctNumbers(items: readonly Item[], context: BatchContext): Promise<void> {
  const { writer, openspp, now } = context;
  const corrected = items.flatMap((item) =>
    item.corrects?.registryId ? [{ item, ...item.corrects.registryId }] : [],
  );
  const refused = await writer.write(
    MODEL.registryId,
    corrected,
    ({ id, number, item }) => ({
      id,
      values: {
        ...verifiedValues(number, item.event.source, odooDatetime(now), openspp.registryId),
        ...changedBy(item.event.provenance, openspp.registryId),
      },
    }),
    AS_GIVEN,
  );
  noteRefusals(
    refused.map(({ item, error }) => ({ ...item, error })),
    context,
  );
  const stayed = new Set(refused.map(({ item }) => item));
  const texts = textsIn(openspp.language);
  for (const one of corrected) {
    if (!stayed.has(one)) one.item.notes.push(texts.number.stored(nameOf(one.number, texts)));
  }
}

/** A number that cannot be stored is noted: it is no reason to leave an event in error whose change is applied. */
async function storeNumbers(items: readonly Item[], context: BatchContext): Promise<void> {
  const { client, openspp, now } = context;
  const storing = items.flatMap((item) => (item.number ? [newId(item, item.number, context, now)] : []));
  const { stored, revived, refused } = await storeIds(storing, ({ item }) => item.event.provenance, context);
  const texts = textsIn(openspp.language);
  for (const { item, toStore } of stored) item.notes.push(texts.number.stored(nameOf(toStore, texts)));
  for (const { item, toStore } of revived) item.notes.push(texts.number.revived(nameOf(toStore, texts)));
  if (refused.length === 0) return;
  // Somebody may have given the registrant another ID of the type meanwhile.
  const live = await readLiveIds(
    client,
    refused.map(({ item }) => item.registrantId),
    refused.map(({ item }) => item.toStore.idTypeId),
    openspp.registryId,
  );
  for (const { item: id, error } of refused) {
    const plan = planNumber(id.toStore, live.get(id.registrantId) ?? [], openspp, texts, context.matching);
    if (plan.store) noteRefusals([{ item: id.item, number: id.toStore, error }], context);
    else id.item.notes.push(plan.note);
  }
}

function newId(item: Item, number: NumberToStore, { openspp }: BatchContext, now: number) {
  const values = registryIdValues(
    registrantId(item),
    number,
    item.event.source,
    odooDatetime(now),
    openspp.registryId,
  );
  return {
    item,
    toStore: number,
    registrantId: registrantId(item),
    number: number.identifier,
    values,
    replaces: null,
  };
}

function noteRefusals(
  refused: readonly { item: Item; number: NumberToStore; error: OdooError }[],
  { openspp }: Pick<BatchContext, 'openspp'>,
): void {
  const texts = textsIn(openspp.language);
  for (const { item, number, error } of refused) {
    item.notes.push(texts.number.refused(nameOf(number, texts), sentenceOf(error).replace(/\.$/, '')));
    item.quotesOdoo = true;
  }
}
