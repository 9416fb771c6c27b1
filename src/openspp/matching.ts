import type { InboxEventType } from '../events/identity-event.ts';
import type { Identifier, VitalEventType } from '../events/vital-event.ts';
import type { OdooClient } from '../odoo/client.ts';
import { searchRead } from '../odoo/orm.ts';
import { many2oneId, text } from '../odoo/values.ts';
import type { Capabilities } from './capabilities.ts';
import { listed } from './listed.ts';
import { readLiveIds } from './live-ids.ts';
import { readRegistrants } from './registrant.ts';
import { isSameValue, type SpellingRules, spellingsOf } from './spellings.ts';
import type { OpensppTexts } from './texts/index.ts';
import { type IdType, idTypeTiers, MODEL } from './vocabulary.ts';

export interface MatchingSettings extends SpellingRules {
  /** Identifier types, most trusted first; types that are not named come after, in the message's order. */
  order: readonly string[];
  /** Upper-case identifier type → codes of OpenSPP's ID types that it may be kept under, best first. */
  aliases: ReadonlyMap<string, readonly string[]>;
  /** The identifier types that are the registration number of an event of this type, upper case. */
  registrationNumbers: Readonly<Record<VitalEventType, ReadonlySet<string>>>;
}

/** What matching looks at of an event. */
export interface MatchedEvent {
  type: InboxEventType;
  identifiers: readonly Identifier[];
}

/** Who an event is about. */
export type Match =
  | {
      kind: 'one';
      registrantId: number;
      /** The type of the identifier that leads there; left out where something else does. */
      by?: string;
      /** More trusted identifiers of the event, which lead to nobody. */
      unknown?: readonly Identifier[];
      /** Others to whom a number that several people may share leads. */
      elsewhere?: readonly Lead[];
    }
  | { kind: 'none' }
  /** The registrant that an identifier leads to has another value of a more trusted type, so it is somebody else. */
  | { kind: 'contradiction'; lead: Lead; type: string }
  | { kind: 'several'; leads: Lead[] };

/** Whom an identifier leads to. */
interface Lead {
  type: string;
  registrantId: number;
}

/** Registrants by ID type and value. */
export type RegistryIdIndex = ReadonlyMap<string, readonly number[]>;

const keyOf = (idTypeId: number, value: string) => `${idTypeId} ${value}`;

/**
 * Whether an identifier is a number that several people may share: the registration number of an event like this one.
 * Both spouses' records carry that of their marriage, and offices start their numbers again each year.
 */
export function isSharedNumber(
  event: Pick<MatchedEvent, 'type'>,
  identifier: Identifier,
  settings: MatchingSettings,
): boolean {
  return (
    event.type !== 'identity' && settings.registrationNumbers[event.type].has(identifier.type.toUpperCase())
  );
}

/**
 * Decides whom an event is about, from all its identifiers in the order of preference: each by the code as sent,
 * then, where that leads to nobody, by its aliases. A number that several people may share is asked only where nothing
 * else leads anywhere. Two different registrants are a conflict that only a person can settle.
 */
export function resolveMatch(
  event: MatchedEvent,
  index: RegistryIdIndex,
  idTypes: readonly IdType[],
  settings: MatchingSettings,
): Match {
  const rank = (identifier: Identifier) => {
    const position = settings.order.findIndex((type) => type.toUpperCase() === identifier.type.toUpperCase());
    return position < 0 ? settings.order.length : position;
  };
  const ordered = [...event.identifiers].sort((a, b) => rank(a) - rank(b));
  const shared = ordered.filter((identifier) => isSharedNumber(event, identifier, settings));
  const own = ordered.filter((identifier) => !shared.includes(identifier));
  const leadsFrom = (identifiers: readonly Identifier[]) => {
    const leads: Lead[] = [];
    for (const { type, value } of identifiers) {
      for (const registrantId of leadsOf({ type, value }, index, idTypes, settings)) {
        if (!leads.some((lead) => lead.registrantId === registrantId)) leads.push({ type, registrantId });
      }
    }
    return leads;
  };
  for (const identifiers of [own, shared]) {
    const leads = leadsFrom(identifiers);
    const [first] = leads;
    if (leads.length > 1) return { kind: 'several', leads };
    if (!first) continue;
    const { registrantId, type: by } = first;
    const before = identifiers.findIndex(({ type }) => type === by);
    const unknown = identifiers === own ? own.slice(0, before) : own;
    const elsewhere =
      identifiers === own ? leadsFrom(shared).filter((lead) => lead.registrantId !== registrantId) : [];
    return { kind: 'one', registrantId, by, unknown, elsewhere };
  }
  return { kind: 'none' };
}

function leadsOf(
  identifier: Identifier,
  index: RegistryIdIndex,
  idTypes: readonly IdType[],
  settings: MatchingSettings,
): readonly number[] {
  const values = spellingsOf(identifier, settings);
  for (const tier of idTypeTiers(identifier.type, idTypes, settings.aliases)) {
    const keys = tier.flatMap((idType) => values.map((value) => keyOf(idType, value)));
    const found = [...new Set(keys.flatMap((key) => index.get(key) ?? []))];
    if (found.length > 0) return found;
  }
  return [];
}

/** What a caseworker reads where identifiers lead to different registrants; names records by their Odoo ids. */
export function severalMatchesMessage(
  leads: readonly { type: string; registrantId: number }[],
  { match }: OpensppTexts,
): string {
  return match.several(listed(leads.map(({ type, registrantId }) => match.lead(type, registrantId))));
}

/** What events are matched with. */
export interface MatchContext {
  client: OdooClient;
  openspp: Capabilities;
  matching: MatchingSettings;
}

/** Who has the identifiers that the events of a batch name, registrant or not. */
export interface Holders {
  index: RegistryIdIndex;
  /** Ids of `res.partner`, over all events. */
  partners: ReadonlySet<number>;
  /** Everybody whom one of these identifiers may lead to; the one that is matched in the end is among them. */
  of(identifiers: readonly Identifier[]): Set<number>;
}

/**
 * Asks in one call who has any of the identifiers of these events, over all ID types that they may be kept under.
 *
 * @throws OdooError
 */
export async function findHolders(
  events: readonly MatchedEvent[],
  { client, openspp, matching }: MatchContext,
): Promise<Holders> {
  const typesOf = ({ type }: Identifier) => idTypeTiers(type, openspp.idTypes, matching.aliases).flat();
  const values = new Set<string>();
  const types = new Set<number>();
  for (const identifier of events.flatMap(({ identifiers }) => identifiers)) {
    const ids = typesOf(identifier);
    if (ids.length === 0) continue;
    for (const one of spellingsOf(identifier, matching)) values.add(one);
    for (const id of ids) types.add(id);
  }
  const index = new Map<string, number[]>();
  const partners = new Set<number>();
  const rows =
    values.size === 0
      ? []
      : await searchRead(
          client,
          MODEL.registryId,
          [
            ['value', 'in', [...values]],
            ['id_type_id', 'in', [...types]],
            ['status', '!=', 'invalid'],
          ],
          ['partner_id', 'id_type_id', 'value'],
        );
  for (const row of rows) {
    const holder = many2oneId(row.partner_id);
    const idType = many2oneId(row.id_type_id);
    if (holder === null || idType === null) continue;
    const key = keyOf(idType, text(row.value) ?? '');
    index.set(key, [...(index.get(key) ?? []), holder]);
    partners.add(holder);
  }
  const holdersOf = (identifier: Identifier) =>
    typesOf(identifier).flatMap((idType) =>
      spellingsOf(identifier, matching).flatMap((value) => index.get(keyOf(idType, value)) ?? []),
    );
  return { index, partners, of: (identifiers) => new Set(identifiers.flatMap(holdersOf)) };
}

/** The same, of registrants alone: a group, a contact or an archived registrant is never whom an event is about. */
function amongRegistrants(
  { index }: Holders,
  registrants: { has(partnerId: number): boolean },
): RegistryIdIndex {
  return new Map(
    [...index].map(([key, holders]) => [key, holders.filter((holder) => registrants.has(holder))]),
  );
}

/** Matches events in two calls: one for who has their identifiers, one for the registrants. @throws OdooError */
export async function matchEvents(events: readonly MatchedEvent[], context: MatchContext): Promise<Match[]> {
  const holders = await findHolders(events, context);
  const registrants = await readRegistrants(
    context.client,
    [...holders.partners],
    context.openspp.registrant,
  );
  return matchAmong(registrants, events, holders, context);
}

/** Matches events among registrants that are read already. @throws OdooError */
export function matchAmong(
  registrants: { has(partnerId: number): boolean },
  events: readonly MatchedEvent[],
  holders: Holders,
  context: MatchContext,
): Promise<Match[]> {
  const { openspp, matching } = context;
  const index = amongRegistrants(holders, registrants);
  const matches = events.map((event) => resolveMatch(event, index, openspp.idTypes, matching));
  return withoutContradictions(events, matches, context);
}

/**
 * Takes back matches that the registrant's own IDs contradict: the event names a more trusted identifier, and the
 * registrant has another value of that type. Registration numbers are shared, and a less trusted identifier may be
 * mistyped: somebody else would be changed.
 *
 * @throws OdooError
 */
async function withoutContradictions(
  events: readonly MatchedEvent[],
  matches: readonly Match[],
  { client, openspp, matching: settings }: MatchContext,
): Promise<Match[]> {
  const typesOf = ({ type }: Identifier) => idTypeTiers(type, openspp.idTypes, settings.aliases).flat();
  const doubtful = matches.flatMap((match, position) => {
    // What an identity system issues replaces a number of the same type.
    if (match.kind !== 'one' || events[position]?.type === 'identity') return [];
    return (match.unknown ?? []).flatMap(typesOf).map((idTypeId) => ({ ...match, idTypeId }));
  });
  if (doubtful.length === 0) return [...matches];
  const live = await readLiveIds(client, doubtful, openspp.registryId);
  return matches.map((match, position) => {
    const event = events[position];
    if (match.kind !== 'one' || event === undefined || event.type === 'identity') return match;
    const isSent = (held: string) =>
      event.identifiers.some(({ type, value }) => isSameValue(type, value, held, settings));
    const held = live.get(match.registrantId) ?? [];
    const contradicted = match.unknown?.find((one) => {
      const here = held.filter(({ idTypeId }) => typesOf(one).includes(idTypeId));
      return here.length > 0 && !here.some(({ value }) => isSent(value));
    });
    if (!contradicted) return match;
    const lead = { type: match.by ?? '', registrantId: match.registrantId };
    return { kind: 'contradiction', lead, type: contradicted.type };
  });
}
