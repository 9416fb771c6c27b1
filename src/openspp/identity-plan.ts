import type { IdentityChange } from '../events/identity-event.ts';
import type { Identifier } from '../events/vital-event.ts';
import type { OdooValue } from '../odoo/client.ts';
import { odooDatetime } from '../odoo/values.ts';
import { among, type Capabilities } from './capabilities.ts';
import type { LiveId } from './live-ids.ts';
import type { MatchingSettings } from './matching.ts';
import { masked } from './privacy.ts';
import { isSameValue } from './spellings.ts';
import { textsIn } from './texts/index.ts';
import { idTypeTiers } from './vocabulary.ts';

/** A new ID of the registrant. */
export interface IdToCreate {
  number: Identifier;
  values: Record<string, OdooValue>;
  /** The live ID of the same type whose place it takes, and what that one gets; null where there is none. */
  replaces: { id: number; values: Record<string, OdooValue>; description: string } | null;
}

/** What an identity event changes among a registrant's IDs: first the writes, then the creations. */
export interface IdentityPlan {
  writes: { id: number; values: Record<string, OdooValue> }[];
  creates: IdToCreate[];
  notes: string[];
  /** Why the event cannot be processed; nothing is changed then. */
  error: string | null;
}

export interface IdentityPlanInput {
  change: IdentityChange;
  registrantId: number;
  held: readonly LiveId[];
  openspp: Pick<Capabilities, 'idTypes' | 'registryId' | 'language'>;
  matching: Pick<MatchingSettings, 'aliases' | 'normalise'>;
  /** The identity system's name, as `verification_source` keeps it. */
  source: string;
}

/** Decides what an identity event changes; a pure function, like the rules of the vital events. */
export function planIdentity(input: IdentityPlanInput): IdentityPlan {
  const plan: IdentityPlan = { writes: [], creates: [], notes: [], error: null };
  for (const number of input.change.ids) {
    if (input.change.kind === 'issued') planIssued(number, input, plan);
    else planStatus(number, input, plan);
  }
  if (plan.error !== null) return { ...plan, writes: [], creates: [] };
  const { ids, kind } = input.change;
  // Of several numbers one may have no type; where none has, the event came to nothing.
  const missing = ids.filter(({ type }) => tiersOf(type, input).length === 0);
  if (kind === 'issued' && missing.length === ids.length) {
    plan.error = textsIn(input.openspp.language).identity.noTypes(missing.map(({ type }) => type).join(', '));
  }
  return plan;
}

const isDeprecated = (idTypeId: number, { openspp }: IdentityPlanInput) =>
  openspp.idTypes.some(({ id, deprecated }) => id === idTypeId && deprecated);

const tiersOf = (type: string, { openspp, matching }: IdentityPlanInput) =>
  idTypeTiers(type, openspp.idTypes, matching.aliases).flat();

/**
 * A number that was issued becomes an ID of the registrant. One of the same type that the identity system itself gave
 * before is replaced by a later one; one that somebody else entered is for a person to judge.
 */
function planIssued(number: Identifier, input: IdentityPlanInput, plan: IdentityPlan): void {
  const { change, source, registrantId, openspp } = input;
  const texts = textsIn(openspp.language).identity;
  const idTypeId = tiersOf(number.type, input).find((id) => !isDeprecated(id, input));
  if (idTypeId === undefined) {
    plan.notes.push(texts.noType(number.type));
    return;
  }
  const live = input.held.find((one) => one.idTypeId === idTypeId);
  const later = live !== undefined && live.source === source && isLater(live, change.at);
  if (live && isSameValue(number.type, live.value, number.value, input.matching)) {
    if (partsOf(live.description).some(isOurs)) {
      if (later) plan.notes.push(texts.newerKnown(number.type));
      else plan.writes.push({ id: live.id, values: backInUse(live, input) });
    }
    return;
  }
  if (later) {
    plan.notes.push(texts.newerStored(number.type));
    return;
  }
  if (live && live.source !== source) {
    const code = openspp.idTypes.find(({ id }) => id === idTypeId)?.code ?? '';
    plan.error = texts.held(number.type, code, source);
    return;
  }
  const description = joined([
    ...partsOf(live?.description ?? null),
    `${source} replaced it on ${dayOf(change.at)}.`,
  ]);
  plan.creates.push({
    number,
    replaces: live
      ? {
          id: live.id,
          values: among(openspp.registryId, { status: 'invalid', description }),
          description: `${source} replaced ${masked(live.value)} on ${dayOf(change.at)}.`,
        }
      : null,
    values: {
      partner_id: registrantId,
      id_type_id: idTypeId,
      value: number.value,
      ...among(openspp.registryId, { status: 'valid', ...verification(input) }),
      ...(change.expiresOn === null ? {} : among(openspp.registryId, { expiry_date: change.expiresOn })),
    },
  });
}

/**
 * A number that was taken out of use, or is in use again, is noted on the ID. Its status stays: it still shows whose it
 * is, and the death that made the identity system deactivate it may be yet to come, with this number alone.
 */
function planStatus(number: Identifier, input: IdentityPlanInput, plan: IdentityPlan): void {
  const { change, source } = input;
  const types = tiersOf(number.type, input);
  for (const live of input.held) {
    const isMeant = isSameValue(number.type, live.value, number.value, input.matching);
    if (!isMeant || !types.includes(live.idTypeId)) continue;
    if (live.source === source && isLater(live, change.at)) {
      plan.notes.push(textsIn(input.openspp.language).identity.newerKnown(number.type));
      continue;
    }
    const out = partsOf(live.description).some(isOurs);
    if (change.kind === 'activated') {
      if (out) plan.writes.push({ id: live.id, values: backInUse(live, input) });
      continue;
    }
    const text = `${source} ${OUT_OF_USE} ${dayOf(change.at)} (${change.word}).`;
    if (partsOf(live.description).includes(text)) continue;
    plan.writes.push({
      id: live.id,
      values: among(input.openspp.registryId, {
        ...verification(input),
        description: joined([...partsOf(live.description).filter((part) => !isOurs(part)), text]),
        expiry_date: change.expiresOn ?? dayOf(change.at),
      }),
    });
  }
}

function backInUse(live: LiveId, input: IdentityPlanInput): Record<string, OdooValue> {
  const others = partsOf(live.description).filter((part) => !isOurs(part));
  return among(input.openspp.registryId, {
    ...verification(input),
    description: joined(others) || false,
    expiry_date: input.change.expiresOn ?? false,
  });
}

const OUT_OF_USE = 'took it out of use on';
const isOurs = (part: string) => part.includes(` ${OUT_OF_USE} `);
const partsOf = (description: string | null) => description?.split('; ') ?? [];
const joined = (parts: readonly string[]) => parts.join('; ');
const dayOf = (at: number) => new Date(at).toISOString().slice(0, 10);

/** Odoo keeps whole seconds. */
function isLater({ verifiedAt }: LiveId, at: number): boolean {
  return verifiedAt !== null && verifiedAt > Math.floor(at / 1000) * 1000;
}

/** Who said so, and when: what a later message is held against. */
function verification({ change, source }: IdentityPlanInput): Record<string, OdooValue> {
  return {
    verification_method: 'dci_api',
    verification_date: odooDatetime(change.at),
    verification_source: source,
  };
}
