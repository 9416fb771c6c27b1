import { tryTogether } from '../odoo/halving.ts';
import type { OdooValues } from '../odoo/orm.ts';
import type { BatchContext } from './batch.ts';
import type { IdToCreate } from './identity-plan.ts';
import type { LiveId } from './live-ids.ts';
import { readLiveIds } from './live-ids.ts';
import { AS_GIVEN, changedBy, createdBy, type Provenance } from './provenance.ts';
import type { Refused } from './row-writer.ts';
import { MODEL } from './vocabulary.ts';

/** An ID that a registrant is to get. */
export interface IdToStore extends IdToCreate {
  registrantId: number;
  /** Who says it. */
  provenance: Provenance;
}

/** What became of IDs; `revived` took the place of a removed ID, where OpenSPP has room for one of a type only. */
export interface StoredIds<T> {
  stored: T[];
  revived: T[];
  /** Those that Odoo refused; their registrants have what they had. */
  refused: Refused<T>[];
}

type Removed = ReadonlyMap<number, readonly LiveId[]>;
const NONE: StoredIds<never> = { stored: [], revived: [], refused: [] };
const typeOf = ({ values }: IdToCreate) => Number(values.id_type_id);

/**
 * Gives registrants new IDs. One that takes the place of a live ID is made beside it first, removed, and then the two
 * change places in one transaction: at no time has the registrant no ID of the type. An older OpenSPP has room for one
 * ID of a type only, removed or not: there the one that exists gets the new value.
 *
 * @throws OdooError where no ID can be the reason
 */
export async function storeIds<T extends IdToStore>(
  ids: readonly T[],
  context: BatchContext,
): Promise<StoredIds<T>> {
  const fresh = ids.filter(({ replaces }) => replaces === null);
  const replacing = ids.filter(({ replaces }) => replaces !== null);
  const valuesOf = (id: T, more: OdooValues = {}) => ({
    ...id.values,
    ...createdBy(id.provenance, context.openspp.registryId),
    ...more,
  });
  const created = await context.writer.create(MODEL.registryId, fresh, (id) => valuesOf(id));
  const reused = await reuse(created.refused, context);
  const replaced = await replace(replacing, valuesOf, context);
  return {
    stored: [...created.done.map(({ item }) => item), ...reused.stored, ...replaced.stored],
    revived: [...reused.revived, ...replaced.revived],
    refused: [...reused.refused, ...replaced.refused],
  };
}

async function replace<T extends IdToStore>(
  ids: readonly T[],
  valuesOf: (id: T, more: OdooValues) => OdooValues,
  context: BatchContext,
): Promise<StoredIds<T>> {
  if (ids.length === 0) return NONE;
  const { writer, openspp } = context;
  const removed = await removedIds(ids, context);
  const beside = new Map<T, number>();
  for (const id of ids) {
    // An interrupted try may have made it.
    const made = ownOf(removed, id).find(({ value }) => value === id.number.value);
    if (made) beside.set(id, made.id);
  }
  const { done, refused } = await writer.create(
    MODEL.registryId,
    ids.filter((id) => !beside.has(id)),
    (id) => valuesOf(id, { status: 'invalid' }),
  );
  for (const { item, result } of done) beside.set(item, result);
  const swapped = await tryTogether([...beside], async (pairs) => {
    await context.client.call(MODEL.registryId, 'web_save_multi', {
      ids: pairs.flatMap(([id, made]) => [id.replaces?.id ?? 0, made]),
      vals_list: pairs.flatMap(([id]) => [
        { ...id.replaces?.values, ...changedBy(id.provenance, openspp.registryId) },
        { ...reusable(id), ...changedBy(id.provenance, openspp.registryId) },
      ]),
      specification: {},
      context: AS_GIVEN,
    });
    return pairs;
  });
  const stayed = swapped.refused.map(({ item: [item], error }) => ({ item, error }));
  const reused = await reuse(refused, context);
  return {
    stored: [...swapped.done.map(({ item: [item] }) => item), ...reused.stored],
    revived: reused.revived,
    refused: [...reused.refused, ...stayed],
  };
}

/** What an ID that exists already gets; its registrant and its type stay. */
function reusable({ values }: IdToCreate): OdooValues {
  const { partner_id: _registrant, id_type_id: _type, ...others } = values;
  return others;
}

/**
 * IDs that could not be created: some may be there, since a call without an answer may have been done; for
 * the others an older OpenSPP has an ID of the type, which gets the value.
 */
async function reuse<T extends IdToStore>(
  refused: readonly Refused<T>[],
  context: BatchContext,
): Promise<StoredIds<T>> {
  if (refused.length === 0) return NONE;
  const { client, openspp, writer } = context;
  const ids = refused.map(({ item }) => item);
  const live = await readLiveIds(client, ids.map(typed), openspp.registryId);
  const isThere = (id: T) => ownOf(live, id).some(({ value }) => value === id.number.value);
  const missing = refused.filter(({ item }) => !isThere(item));
  const removed = await removedIds(
    missing.map(({ item }) => item),
    context,
  );
  const reusing: { refusal: Refused<T>; id: number; description: string | null }[] = [];
  const left: Refused<T>[] = [];
  for (const refusal of missing) {
    const { replaces } = refusal.item;
    const id = replaces?.id ?? ownOf(removed, refusal.item)[0]?.id;
    // Beside a live one that it does not replace, no removed one can be brought back.
    if (id === undefined || (replaces === null && ownOf(live, refusal.item).length > 0)) left.push(refusal);
    else reusing.push({ refusal, id, description: replaces?.description ?? null });
  }
  const refusedAgain = await writer.write(
    MODEL.registryId,
    reusing,
    ({ refusal: { item }, id, description }) => ({
      id,
      values: {
        ...reusable(item),
        ...(description !== null && openspp.registryId.has('description') ? { description } : {}),
        ...changedBy(item.provenance, openspp.registryId),
      },
    }),
    AS_GIVEN,
  );
  const stayed = new Set(refusedAgain.map(({ item }) => item));
  return {
    stored: ids.filter(isThere),
    revived: reusing.filter((one) => !stayed.has(one)).map(({ refusal }) => refusal.item),
    // The first refusal says what is wrong with the number itself.
    refused: [...left, ...[...stayed].map(({ refusal }) => refusal)],
  };
}

function removedIds(ids: readonly IdToStore[], { client, openspp }: BatchContext): Promise<Removed> {
  return readLiveIds(client, ids.map(typed), openspp.registryId, 'removed');
}

function typed(id: IdToStore) {
  return { registrantId: id.registrantId, idTypeId: typeOf(id) };
}

function ownOf(known: Removed, id: IdToStore): readonly LiveId[] {
  return (known.get(id.registrantId) ?? []).filter(({ idTypeId }) => idTypeId === typeOf(id));
}
