import { odooDatetime } from '../odoo/values.ts';
import { withBlame } from './added.ts';
import { type BatchContext, type Item, refuse } from './batch.ts';
import { readLiveIds } from './live-ids.ts';
import { endedMemberships, runningMemberships } from './membership.ts';
import { planNumber, registryIdValues, verifiedValues } from './registration-number.ts';
import { MODEL } from './vocabulary.ts';

/** Registrant writes make no chatter messages: OpenSPP's event log is the record. */
const QUIETLY = { tracking_disable: true };

/** Writes what the rules decided: fields of the registrants, ends of memberships, registration numbers. */
export async function applyChanges(items: readonly Item[], context: BatchContext): Promise<void> {
  await writeRegistrants(going(items), context);
  await exitMemberships(going(items), context);
  await redateExits(going(items), context);
  await correctNumbers(going(items), context);
  await storeNumbers(going(items), context);
}

/** Those that nothing has stopped so far. */
function going(items: readonly Item[]): Item[] {
  return items.filter(({ error, registrant }) => error === null && registrant !== null);
}

const registrantId = ({ registrant }: Item): number => registrant?.id ?? 0;

async function writeRegistrants(items: readonly Item[], { writer }: BatchContext): Promise<void> {
  const patched = items.filter(({ change }) => Object.keys(change.patch).length > 0);
  const refused = await writer.write(
    MODEL.registrant,
    patched,
    (item) => ({ id: registrantId(item), values: item.change.patch }),
    QUIETLY,
  );
  refuse(refused);
  for (const { item } of refused) item.error = withBlame(item.error ?? '', item.patchedBy);
}

async function exitMemberships(
  items: readonly Item[],
  { client, writer, openspp }: BatchContext,
): Promise<void> {
  const { membership } = openspp;
  const ending = items.filter(({ change }) => change.exit !== null);
  if (!membership || ending.length === 0) return;
  const running = await runningMemberships(client, ending.map(registrantId));
  const memberships = ending.flatMap((item) =>
    (running.get(registrantId(item)) ?? []).map((id) => ({ id, item })),
  );
  const refused = await writer.write(
    MODEL.membership,
    memberships,
    ({ id, item: { change } }) => ({
      id,
      values: {
        state: 'exited',
        ...(membership.has('exit_date') ? { exit_date: change.exit?.date ?? false } : {}),
        ...(membership.has('exit_reason') ? { exit_reason: change.exit?.reason ?? false } : {}),
      },
    }),
    QUIETLY,
  );
  refuse(refused.map(({ item, error }) => ({ item: item.item, error })));
}

/** Memberships that an event ended on the day that it was dated before. */
async function redateExits(items: readonly Item[], { client, writer, openspp }: BatchContext): Promise<void> {
  const { membership } = openspp;
  const moved = items.flatMap((item) => (item.change.redate ? [{ item, ...item.change.redate }] : []));
  if (!membership?.has('exit_date') || !membership.has('exit_reason') || moved.length === 0) return;
  const ended = await endedMemberships(
    client,
    moved.map(({ item, from }) => ({ registrant: registrantId(item), date: from })),
  );
  const memberships = moved.flatMap((one) =>
    (ended.get(registrantId(one.item)) ?? []).map((id) => ({ id, ...one })),
  );
  const refused = await writer.write(
    MODEL.membership,
    memberships,
    ({ id, to }) => ({ id, values: { exit_date: to } }),
    QUIETLY,
  );
  refuse(refused.map(({ item, error }) => ({ item: item.item, error })));
}

async function correctNumbers(items: readonly Item[], { writer, openspp, now }: BatchContext): Promise<void> {
  const corrected = items.flatMap((item) =>
    item.corrects?.registryId ? [{ item, ...item.corrects.registryId }] : [],
  );
  const refused = await writer.write(MODEL.registryId, corrected, ({ id, number, item }) => ({
    id,
    values: verifiedValues(number, item.event.source, odooDatetime(now), openspp.registryId),
  }));
  refuse(refused.map(({ item, error }) => ({ item: item.item, error })));
}

async function storeNumbers(
  items: readonly Item[],
  { client, writer, openspp, now }: BatchContext,
): Promise<void> {
  const storing = items.flatMap((item) => (item.number ? [{ item, number: item.number }] : []));
  const { refused } = await writer.create(MODEL.registryId, storing, ({ item, number }) =>
    registryIdValues(registrantId(item), number, item.event.source, odooDatetime(now), openspp.registryId),
  );
  if (refused.length === 0) return;
  // One that got no answer may have been done all the same, or been repeated on the way: then the number is there.
  const live = await readLiveIds(
    client,
    refused.map(({ item }) => registrantId(item.item)),
    refused.map(({ item }) => item.number.idTypeId),
  );
  for (const { item, error } of refused) {
    const plan = planNumber(item.number, live.get(registrantId(item.item)) ?? [], openspp);
    if (plan.store) refuse([{ item: item.item, error }]);
    else if (plan.note) item.item.notes.push(plan.note);
  }
}
