import type { OdooClient, OdooValue } from '../odoo/client.ts';
import { OdooError } from '../odoo/errors.ts';
import { type OdooDomain, type OdooRow, searchRead } from '../odoo/orm.ts';
import { byMany2one, text } from '../odoo/values.ts';
import type { BatchContext, DeathSettings } from './batch.ts';
import type { Fields } from './capabilities.ts';
import type { Estate, HouseholdPlace } from './estate.ts';
import { type Membership, readMemberships } from './membership.ts';
import type { Decided } from './stages.ts';
import { type OpensppTexts, textsIn } from './texts/index.ts';
import { CODE_OF_HEAD, MODEL, OTHER_MODEL } from './vocabulary.ts';

const OPEN_ROUNDS = ['draft', 'to_approve', 'approved'];
const UNPAID = ['draft', 'pending_validation', 'approved'];

/**
 * Looks up what the registrants of these deaths have, before they are disabled: OpenSPP hides it afterwards. What a
 * caseworker has to close is put among the event's facts.
 *
 * @returns all events, in their order
 * @throws OdooError
 */
export async function lookAround(items: readonly Decided[], context: BatchContext): Promise<Decided[]> {
  const { client, openspp } = context;
  const idOf = ({ change, problem, registrant }: Decided) =>
    change.exit !== null && problem === null ? (registrant?.id ?? null) : null;
  const ids = [...new Set(items.flatMap((item) => idOf(item) ?? []))];
  if (ids.length === 0) return [...items];
  const [memberships, places, rounds, entitlements] = await Promise.all([
    openspp.membership ? readMemberships(client, ids, openspp.membership) : null,
    openspp.household ? readPlaces(client, ids, openspp.household) : null,
    openspp.cycleMembership &&
      countByPartner(client, OTHER_MODEL.cycleMembership, ids, [
        ['state', 'in', ['draft', 'enrolled', 'paused']],
        ['cycle_id.state', 'in', OPEN_ROUNDS],
      ]),
    openspp.entitlement && countByPartner(client, OTHER_MODEL.entitlement, ids, [['state', 'in', UNPAID]]),
  ]);
  const unreadable = [
    ...(places === 'forbidden' ? [OTHER_MODEL.household] : []),
    ...(rounds === 'forbidden' ? [OTHER_MODEL.cycleMembership] : []),
    ...(entitlements === 'forbidden' ? [OTHER_MODEL.entitlement] : []),
  ];
  const texts = textsIn(openspp.language);
  return items.map((item) => {
    const id = idOf(item);
    if (id === null) return item;
    const estate: Estate = {
      memberships: memberships?.get(id) ?? [],
      places: of(places, id) ?? [],
      rounds: of(rounds, id) ?? 0,
      entitlements: of(entitlements, id) ?? 0,
      unreadable,
    };
    return { ...item, estate, facts: [...item.facts, ...factsOf(estate, context.death, texts)] };
  });
}

function of<T>(found: ReadonlyMap<number, T> | 'forbidden' | null, id: number): T | undefined {
  return found === null || found === 'forbidden' ? undefined : found.get(id);
}

/** The name of a membership's programme, for a caseworker. */
export function programmeOf({ programme, programmeId }: Membership, texts: OpensppTexts): string {
  return programme ?? texts.death.programme(programmeId ?? 0);
}

function factsOf(
  estate: Estate,
  { endHouseholdPlaces: endsPlaces }: DeathSettings,
  texts: OpensppTexts,
): string[] {
  const { memberships, places, rounds, entitlements, unreadable } = estate;
  const isHead = places.some((place) => place.isHead);
  const open = texts.death.open({
    programmes: memberships.filter(({ running }) => running).map((one) => programmeOf(one, texts)),
    householdPlaces: places.length,
    isHead,
    rounds,
    entitlements,
  });
  const byHand = [
    ...(isHead && !endsPlaces ? [texts.death.placesOfHead] : []),
    ...(isHead && endsPlaces ? [texts.death.newHead] : []),
    ...(!isHead && places.length > 0 && !endsPlaces ? [texts.death.places] : []),
    ...(rounds > 0 ? [texts.death.rounds] : []),
    ...(entitlements > 0 ? [texts.death.entitlements] : []),
  ];
  return [
    ...(open === null ? [] : [open]),
    ...(byHand.length === 0 ? [] : [texts.death.check(byHand.join('; '))]),
    ...(unreadable.length === 0 ? [] : [texts.death.unreadable(unreadable.join(', '))]),
  ];
}

/** `forbidden` where the user may not read the model: a death does not wait for that. */
async function readable(
  client: OdooClient,
  model: string,
  domain: OdooDomain,
  fields: readonly string[],
): Promise<OdooRow[] | 'forbidden'> {
  try {
    return await searchRead(client, model, domain, fields);
  } catch (error) {
    if (error instanceof OdooError && error.code === 'odoo.access') return 'forbidden';
    throw error;
  }
}

async function readPlaces(
  client: OdooClient,
  registrants: readonly number[],
  fields: Fields,
): Promise<Map<number, HouseholdPlace[]> | 'forbidden'> {
  const role = ['is_head', 'membership_type_ids'].find((name) => fields.has(name));
  const rows = await readable(
    client,
    OTHER_MODEL.household,
    [
      ['individual', 'in', [...registrants]],
      ['is_ended', '=', false],
    ],
    ['individual', 'start_date', ...(role ? [role] : [])],
  );
  if (rows === 'forbidden') return rows;
  const heads = role === 'membership_type_ids' ? await codesOfHead(client, rows) : new Set<number>();
  return byMany2one(rows, 'individual', (row) => ({
    id: row.id,
    isHead: row.is_head === true || rolesOf(row.membership_type_ids).some((code) => heads.has(code)),
    startDate: text(row.start_date),
  }));
}

function rolesOf(value: OdooValue | undefined): number[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'number') : [];
}

/** OpenSPP keeps a member's role as vocabulary codes; that of the head is `head`. */
async function codesOfHead(client: OdooClient, rows: readonly OdooRow[]): Promise<Set<number>> {
  const roles = [...new Set(rows.flatMap((row) => rolesOf(row.membership_type_ids)))];
  if (roles.length === 0) return new Set();
  const codes = await searchRead(client, MODEL.code, [['id', 'in', roles]], ['code']);
  return new Set(codes.filter(({ code }) => code === CODE_OF_HEAD).map(({ id }) => id));
}

async function countByPartner(
  client: OdooClient,
  model: string,
  registrants: readonly number[],
  more: readonly OdooDomain[],
): Promise<Map<number, number> | 'forbidden'> {
  const rows = await readable(
    client,
    model,
    [['partner_id', 'in', [...registrants]], ...more],
    ['partner_id'],
  );
  if (rows === 'forbidden') return rows;
  return new Map([...byMany2one(rows, 'partner_id', ({ id }) => id)].map(([id, own]) => [id, own.length]));
}
