import type { IdentityChange } from '../events/identity-event.ts';
import type { Identifier } from '../events/vital-event.ts';
import type { OdooClient } from '../odoo/client.ts';
import type { OdooError } from '../odoo/errors.ts';
import { searchRead } from '../odoo/orm.ts';
import { many2oneId, parseOdooDatetime, text } from '../odoo/values.ts';
import { type BatchContext, sentenceOf } from './batch.ts';
import type { Capabilities } from './capabilities.ts';
import { mergedNotes } from './event-log.ts';
import { type HeldId, type IdentityPlan, planIdentity } from './identity-plan.ts';
import { amongRegistrants, findHolders, holdersOf, resolveMatch, severalMatchesMessage } from './matching.ts';
import { explainNoMatch, findWhereabouts } from './no-match.ts';
import { withoutPersonalData } from './privacy.ts';
import { type BatchResult, type DeliveredEvent, firstOfEach, registrantKey } from './process-batch.ts';
import { AS_GIVEN, changedBy, type Provenance } from './provenance.ts';
import type { EventReason } from './reasons.ts';
import { readRegistrants } from './registrant.ts';
import { normalValue } from './spellings.ts';
import { storeIds } from './store-ids.ts';
import { textsIn } from './texts/index.ts';
import { MODEL } from './vocabulary.ts';

/** An identity event to deliver. */
export interface IdentityToDeliver {
  id: number;
  type: 'identity';
  identifiers: readonly Identifier[];
  change: IdentityChange;
  /** Whether nothing says yet whose numbers they are. */
  isUnknown?: boolean;
  /** The identity system's name. */
  source: string;
  /** Who said it, as source tracking keeps it. */
  provenance: Provenance;
}

/** One identity event on its way. */
interface Item {
  event: IdentityToDeliver;
  registrantId: number | null;
  /** Why nobody is matched. */
  reason: EventReason | null;
  plan: IdentityPlan;
}

/**
 * Delivers what an identity system says of numbers: it changes the IDs of registrants, and makes no row in the event
 * log, which has no type for it. Whom it is about is found as for a vital event, and held in the same way, so that never
 * both are at one registrant; the numbers are held as well, so that no two registrants get the same one.
 *
 * @throws OdooError where Odoo cannot be asked: the whole batch is to be tried again
 */
export async function processIdentities(
  events: readonly IdentityToDeliver[],
  context: BatchContext,
): Promise<BatchResult> {
  const { client, openspp, matching, holds } = context;
  const before = await findHolders(client, events, openspp, matching);
  const wanted = events.map((event) => ({
    event,
    keys: [
      ...[...holdersOf(event, before, openspp, matching)].map(registrantKey),
      ...event.change.ids.map(
        ({ type, value }) => `identity ${type.toUpperCase()} ${normalValue(type, value, matching)}`,
      ),
    ],
  }));
  const { ours, others } = firstOfEach(wanted);
  const held = await holds.hold(ours.flatMap(({ keys }) => keys));
  try {
    // Somebody may have got one of the numbers before they were held.
    const holders = await findHolders(
      client,
      ours.map(({ event }) => event),
      openspp,
      matching,
    );
    const free = ours.filter(
      ({ event, keys }) =>
        keys.every((key) => held.has(key)) &&
        [...holdersOf(event, holders, openspp, matching)].every((id) => held.has(registrantKey(id))),
    );
    const blocked = [...others, ...ours.filter((one) => !free.includes(one))].map(({ event }) => event.id);
    const registrants = await readRegistrants(client, [...holders.partners], openspp.registrant);
    const index = amongRegistrants(holders, registrants);
    const items = free.map(({ event }) => {
      const match = resolveMatch(event, index, openspp.idTypes, matching);
      const registrantId = match.kind === 'one' ? match.registrantId : null;
      const error =
        match.kind === 'several' ? severalMatchesMessage(match.leads, textsIn(openspp.language)) : null;
      const reason: EventReason | null = match.kind === 'several' ? 'match.several' : null;
      return { event, registrantId, reason, plan: { writes: [], creates: [], notes: [], error } } as Item;
    });
    const whereabouts = await findWhereabouts(
      client,
      [...holders.partners].filter((id) => !registrants.has(id)),
    );
    for (const item of items) {
      if (item.registrantId !== null || item.plan.error !== null) continue;
      const { reason, error } = item.event.isUnknown
        ? { reason: 'match.transaction' as const, error: textsIn(openspp.language).match.transaction }
        : explainNoMatch(item.event, holders, whereabouts, openspp, matching);
      item.reason = reason;
      item.plan.error = error;
    }
    await planAll(items, context);
    await applyAll(items, context);
    return { delivered: items.map(resultOf), blocked, changed: [], undecided: [] };
  } finally {
    await holds.free([...held]);
  }
}

async function planAll(items: readonly Item[], context: BatchContext): Promise<void> {
  const matched = items.filter(({ registrantId }) => registrantId !== null);
  const held = await readHeldIds(context.client, matched.map(registrantOf), context.openspp);
  for (const item of matched) {
    item.plan = planIdentity({
      change: item.event.change,
      registrantId: registrantOf(item),
      held: held.get(registrantOf(item)) ?? [],
      openspp: context.openspp,
      matching: context.matching,
      source: item.event.source,
    });
  }
}

const registrantOf = ({ registrantId }: Item): number => registrantId ?? 0;

async function applyAll(items: readonly Item[], context: BatchContext): Promise<void> {
  const { writer, openspp } = context;
  const writes = items.flatMap((item) => item.plan.writes.map((write) => ({ item, write })));
  const refused = await writer.write(
    MODEL.registryId,
    writes,
    ({ write, item }) => ({
      id: write.id,
      values: { ...write.values, ...changedBy(item.event.provenance, openspp.registryId) },
    }),
    AS_GIVEN,
  );
  for (const { item, error } of refused) item.item.plan.error = sentenceFor(error, item.item, context);
  const creates = items
    .filter(({ plan }) => plan.error === null)
    .flatMap((item) => item.plan.creates.map((one) => ({ ...one, registrantId: registrantOf(item), item })));
  const { refused: refusedIds } = await storeIds(creates, ({ item }) => item.event.provenance, context);
  for (const { item, error } of refusedIds) {
    item.item.plan.error = sentenceFor(error, item.item, context);
  }
}

function sentenceFor(error: OdooError, { event }: Item, { openspp }: BatchContext): string {
  const secrets = { identifiers: [...event.identifiers, ...event.change.ids], names: [] };
  return withoutPersonalData(sentenceOf(error), secrets, textsIn(openspp.language).theRegistrant);
}

/** The live IDs of these registrants, by registrant. @throws OdooError */
async function readHeldIds(
  client: OdooClient,
  registrants: readonly number[],
  { registryId }: Pick<Capabilities, 'registryId'>,
): Promise<Map<number, HeldId[]>> {
  const held = new Map<number, HeldId[]>();
  if (registrants.length === 0) return held;
  const asked = ['verification_source', 'verification_date', 'description'].filter((name) =>
    registryId.has(name),
  );
  const rows = await searchRead(
    client,
    MODEL.registryId,
    [
      ['partner_id', 'in', [...new Set(registrants)]],
      ['status', '!=', 'invalid'],
    ],
    ['partner_id', 'id_type_id', 'value', ...asked],
  );
  for (const row of rows) {
    const registrant = many2oneId(row.partner_id);
    const idTypeId = many2oneId(row.id_type_id);
    if (registrant === null || idTypeId === null) continue;
    const one: HeldId = {
      id: row.id,
      idTypeId,
      value: text(row.value) ?? '',
      source: text(row.verification_source),
      verifiedAt: parseOdooDatetime(row.verification_date),
      description: text(row.description),
    };
    held.set(registrant, [...(held.get(registrant) ?? []), one]);
  }
  return held;
}

function resultOf({ event, registrantId, reason, plan }: Item): DeliveredEvent {
  return {
    id: event.id,
    outcome: plan.error === null ? 'processed' : 'error',
    odooEventId: null,
    errorMessage: plan.error,
    notes: mergedNotes(null, plan.notes),
    reason: plan.error === null ? null : (reason ?? 'openspp.refused'),
    unmatched: registrantId === null,
  };
}
