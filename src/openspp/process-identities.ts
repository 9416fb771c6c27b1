import type { IdentityChange } from '../events/identity-event.ts';
import type { Identifier } from '../events/vital-event.ts';
import type { OdooError } from '../odoo/errors.ts';
import { type BatchContext, registrantKey, whileHeld } from './batch.ts';
import type { Capabilities } from './capabilities.ts';
import { mergedNotes } from './event-log.ts';
import { type IdentityPlan, planIdentity } from './identity-plan.ts';
import { readLiveIds } from './live-ids.ts';
import { findHolders, type Holders, matchAmong, severalMatchesMessage } from './matching.ts';
import { explainNoMatch, findWhereabouts } from './no-match.ts';
import { readNames } from './personal-data.ts';
import { withoutPersonalData } from './privacy.ts';
import { AS_GIVEN, changedBy, type Provenance } from './provenance.ts';
import type { EventReason } from './reasons.ts';
import { type Registrant, readRegistrants } from './registrant.ts';
import { isRegistrationNumber } from './same-person.ts';
import { normalValue } from './spellings.ts';
import { type DeliveredEvent, type Outcome, sentenceOf } from './stages.ts';
import { storeIds } from './store-ids.ts';
import { type OpensppTexts, textsIn } from './texts/index.ts';
import { MODEL } from './vocabulary.ts';

/** An identity event to deliver. */
export interface IdentityToDeliver {
  id: number;
  type: 'identity';
  identifiers: readonly Identifier[];
  change: IdentityChange;
  /** Whether nothing says yet whose numbers they are. */
  isUnknown?: boolean;
  /** Why it cannot be known although births have the transaction; a person has to decide then. */
  doubt?: 'several' | 'later' | null;
  /** `YYYY-MM-DD`: when the person was born; null where that is not known. */
  bornOn?: string | null;
  /** The identity system's name. */
  source: string;
  /** Who said it, as source tracking keeps it. */
  provenance: Provenance;
}

/** An identity event, whom it is about, and what it changes. */
interface Planned {
  readonly event: IdentityToDeliver;
  readonly registrantId: number | null;
  readonly plan: IdentityPlan;
  /** Why it is in error; null where it is not. */
  readonly reason: EventReason | null;
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
): Promise<Outcome[]> {
  const { matching } = context;
  const before = await findHolders(events, context);
  const wanted = events.map((event) => ({
    event,
    keys: [
      ...[...before.of(event.identifiers)].map(registrantKey),
      ...event.change.ids.map(
        ({ type, value }) => `identity ${type.toUpperCase()} ${normalValue(type, value, matching)}`,
      ),
    ],
  }));
  return whileHeld(wanted, context, async (free, held) => {
    const own = free.map(({ event }) => event);
    // Somebody may have got one of the numbers before they were held.
    const holders = await findHolders(own, context);
    const isHeld = ({ identifiers }: IdentityToDeliver) =>
      [...holders.of(identifiers)].every((id) => held.has(registrantKey(id)));
    const blocked = own.filter((event) => !isHeld(event));
    const planned = await planAll(own.filter(isHeld), holders, context);
    return [
      ...(await applyAll(planned, context)),
      ...blocked.map(({ id }): Outcome => ({ kind: 'blocked', id })),
    ];
  });
}

const NO_PLAN: IdentityPlan = { writes: [], creates: [], notes: [], error: null };

async function planAll(
  events: readonly IdentityToDeliver[],
  holders: Holders,
  context: BatchContext,
): Promise<Planned[]> {
  const { client, openspp, matching } = context;
  const registrants = await readRegistrants(client, [...holders.partners], openspp.registrant);
  const matches = await matchAmong(registrants, events, holders, context);
  const whereabouts = await findWhereabouts(
    client,
    [...holders.partners].filter((id) => !registrants.has(id)),
  );
  const matched = matches.flatMap((match) => (match.kind === 'one' ? [match] : []));
  const held = await readLiveIds(client, matched, openspp.registryId);
  const texts = textsIn(openspp.language);
  return events.map((event, position): Planned => {
    const match = matches[position];
    if (match?.kind === 'one') {
      const { registrantId, by = '' } = match;
      // Offices use registration numbers again.
      if (
        isRegistrationNumber({ type: by }, matching) &&
        isBornOtherwise(event, registrants.get(registrantId))
      ) {
        const error = texts.match.otherBirth(by, registrantId);
        return { event, registrantId, plan: { ...NO_PLAN, error }, reason: 'match.contradiction' };
      }
      const { change, source } = event;
      const own = held.get(registrantId) ?? [];
      const plan = planIdentity({ change, registrantId, held: own, openspp, matching, source });
      return { event, registrantId, plan, reason: plan.error === null ? null : 'openspp.refused' };
    }
    const { reason, error } =
      match?.kind === 'several'
        ? ({ reason: 'match.several', error: severalMatchesMessage(match.leads, texts) } as const)
        : event.isUnknown
          ? ({ reason: 'match.transaction', error: transactionError(event, texts) } as const)
          : explainNoMatch(event, { holders, whereabouts }, texts);
    return { event, registrantId: null, plan: { ...NO_PLAN, error }, reason };
  });
}

/** Whether registry and registrant name two days of birth. */
function isBornOtherwise({ bornOn = null }: IdentityToDeliver, registrant: Registrant | undefined): boolean {
  const birthdate = registrant?.birthdate ?? null;
  return bornOn !== null && birthdate !== null && bornOn !== birthdate;
}

function transactionError({ doubt }: IdentityToDeliver, { match }: OpensppTexts): string {
  if (doubt === 'several') return match.transactionOfSeveral;
  return doubt === 'later' ? match.transactionLater : match.transaction;
}

async function applyAll(items: readonly Planned[], context: BatchContext): Promise<Outcome[]> {
  const { writer, openspp } = context;
  const writes = items.flatMap((item) => item.plan.writes.map((write) => ({ item, write })));
  const refusedWrites = await writer.write(
    MODEL.registryId,
    writes,
    ({ write, item }) => ({
      id: write.id,
      values: { ...write.values, ...changedBy(item.event.provenance, openspp.registryId) },
    }),
    AS_GIVEN,
  );
  const errors = new Map(refusedWrites.map(({ item, error }) => [item.item, error]));
  const creates = items
    .filter((item) => !errors.has(item))
    .flatMap((item) => {
      const { registrantId, event, plan } = item;
      const whose = { item, registrantId: registrantId ?? 0, provenance: event.provenance };
      return plan.creates.map((one) => ({ ...one, ...whose }));
    });
  const { refused } = await storeIds(creates, context);
  for (const { item, error } of refused) errors.set(item.item, error);
  const names = await readNames(
    [...errors.keys()].flatMap(({ registrantId }) => registrantId ?? []),
    context,
  );
  return items.map((item): DeliveredEvent => {
    const { event, registrantId, plan } = item;
    const error = errors.get(item);
    const errorMessage = error
      ? sentenceFor(error, event, openspp, names.get(registrantId ?? 0))
      : plan.error;
    return {
      kind: 'delivered',
      id: event.id,
      outcome: errorMessage === null ? 'processed' : 'error',
      odooEventId: null,
      errorMessage,
      notes: mergedNotes(null, plan.notes),
      reason: error ? 'openspp.refused' : item.reason,
      unmatched: registrantId === null && !event.doubt,
    };
  });
}

function sentenceFor(
  error: OdooError,
  event: IdentityToDeliver,
  { language }: Capabilities,
  names: readonly string[] = [],
): string {
  const secrets = { identifiers: [...event.identifiers, ...event.change.ids], names };
  return withoutPersonalData(sentenceOf(error), secrets, textsIn(language).theRegistrant);
}
