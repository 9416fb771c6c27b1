import type { OdooClient } from '../odoo/client.ts';
import { searchRead } from '../odoo/orm.ts';
import { type Holders, isSharedNumber, type MatchedEvent, type MatchingSettings } from './matching.ts';
import type { EventReason } from './reasons.ts';
import type { Problem } from './stages.ts';
import type { OpensppTexts } from './texts/index.ts';
import { MODEL } from './vocabulary.ts';

/** Why a record with an identifier of the event is not whom it is about. */
type Whereabouts = 'archived' | 'not_registrant' | 'hidden';

/**
 * Finds out why records that have identifiers of events are no registrants for the bridge: archived, a group or a
 * contact, or hidden by record rules (another company, an area).
 *
 * @param partners ids of `res.partner` that were found by an identifier, but not as registrants
 * @throws OdooError
 */
export async function findWhereabouts(
  client: OdooClient,
  partners: readonly number[],
): Promise<Map<number, Whereabouts>> {
  if (partners.length === 0) return new Map();
  const rows = await searchRead(
    client,
    MODEL.registrant,
    [
      ['id', 'in', [...partners]],
      ['active', 'in', [true, false]],
    ],
    ['active', 'is_registrant', 'is_group'],
  );
  const seen = new Map(
    rows.map((row) => {
      const individual = row.is_registrant === true && row.is_group !== true;
      return [row.id, individual ? ('archived' as const) : ('not_registrant' as const)];
    }),
  );
  return new Map(partners.map((id) => [id, seen.get(id) ?? 'hidden']));
}

/** Where those are who have an identifier of an event, and are no registrants for the bridge. */
interface Elsewhere {
  holders: Holders;
  whereabouts: ReadonlyMap<number, Whereabouts>;
}

/** The type of an identifier of the event that somebody whom the bridge's user does not see has as well; else null. */
export function hiddenHolder(
  event: MatchedEvent,
  { holders, whereabouts }: Elsewhere,
  settings: MatchingSettings,
): string | null {
  const found = event.identifiers.find(
    (identifier) =>
      !isSharedNumber(event, identifier, settings) &&
      [...holders.of([identifier])].some((partner) => whereabouts.get(partner) === 'hidden'),
  );
  return found?.type ?? null;
}

/** The most helpful reason first: what an administrator can change. */
const ORDER: readonly Whereabouts[] = ['hidden', 'archived', 'not_registrant'];
const REASON = {
  archived: 'match.archived',
  hidden: 'match.hidden',
  not_registrant: 'match.not_registrant',
} as const satisfies Record<Whereabouts, EventReason>;
const SENTENCE = { archived: 'archived', hidden: 'hidden', not_registrant: 'notRegistrant' } as const;

/** Says why no registrant is matched to an event. */
export function explainNoMatch(
  { identifiers }: MatchedEvent,
  { holders, whereabouts }: Elsewhere,
  { match }: OpensppTexts,
): Problem {
  if (identifiers.length === 0) return { reason: 'match.no_identifier', error: match.noIdentifier };
  const found = identifiers.flatMap((identifier) =>
    [...holders.of([identifier])].map((partner) => ({
      type: identifier.type,
      where: whereabouts.get(partner),
    })),
  );
  const where = ORDER.find((one) => found.some((entry) => entry.where === one));
  if (!where) return { reason: 'match.none', error: match.none };
  const types = [...new Set(found.filter((entry) => entry.where === where).map(({ type }) => type))];
  return { reason: REASON[where], error: match[SENTENCE[where]](types.join(', ')) };
}
