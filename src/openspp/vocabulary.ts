/** OpenSPP's namespace of identifier types (`spp.vocabulary.code.namespace_uri`). */
export const ID_TYPE_NAMESPACE = 'urn:openspp:vocab:id-type';
/** The United Nations' marital statuses, from which OpenSPP takes `civil_status_id`. */
export const CIVIL_STATUS_NAMESPACE = 'urn:un:unsd:pop-census:marital-status';

/** The code of a household's head among its group membership types. */
export const CODE_OF_HEAD = 'head';

/** OpenSPP's own models, as its users know them. */
export const MODEL = {
  event: 'spp.dci.crvs.event',
  sender: 'spp.dci.crvs.sender',
  registrant: 'res.partner',
  registryId: 'spp.registry.id',
  code: 'spp.vocabulary.code',
  membership: 'spp.program.membership',
  sequence: 'ir.sequence',
} as const;

/** Models that not every OpenSPP has, and Odoo's own users. */
export const OTHER_MODEL = {
  household: 'spp.group.membership',
  cycleMembership: 'spp.cycle.membership',
  entitlement: 'spp.entitlement',
  changeRequest: 'spp.change.request',
  changeRequestType: 'spp.change.request.type',
  dataSource: 'spp.dci.data.source',
  duplicationCheck: 'spp.dci.duplication.check',
  user: 'res.users',
  company: 'res.company',
} as const;

/** An identifier type of this OpenSPP. */
export interface IdType {
  id: number;
  code: string;
  /** Not to be used for anything new; IDs that have it still count. Left out where a release does not know it. */
  deprecated?: boolean;
}

/**
 * The ID types that an identifier of type `sent` may be stored under, in tiers: those whose code is the type as sent
 * (letter case ignored), then those that it is an alias of. A tier may be empty.
 *
 * @param aliases upper-case type → codes, from the configuration
 */
export function idTypeTiers(
  sent: string,
  idTypes: readonly IdType[],
  aliases: ReadonlyMap<string, readonly string[]>,
): number[][] {
  const withCode = (code: string) =>
    idTypes.filter((type) => type.code.toLowerCase() === code.toLowerCase()).map((type) => type.id);
  return [withCode(sent), ...(aliases.get(sent.toUpperCase()) ?? []).map(withCode)];
}
