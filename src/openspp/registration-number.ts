import type { Identifier, VitalEvent } from '../events/vital-event.ts';
import type { OdooValue } from '../odoo/client.ts';
import type { Capabilities, Fields } from './capabilities.ts';
import type { MatchingSettings } from './matching.ts';
import { idTypeTiers } from './vocabulary.ts';

/** A live `spp.registry.id` of a registrant: one that is not marked invalid. */
export interface LiveId {
  id: number;
  idTypeId: number;
  value: string;
}

/** The registration number of an event, and the ID type that it is kept under. */
export interface NumberToStore {
  identifier: Identifier;
  idTypeId: number;
}

/**
 * The registration number that the event assigns (a birth's BRN, a death's DRN, …) and the first ID type of this
 * OpenSPP that takes it; `missing` where OpenSPP has none; null where the message carries no such number.
 */
export function registrationNumberOf(
  event: VitalEvent,
  openspp: Capabilities,
  settings: MatchingSettings,
): NumberToStore | { missing: Identifier } | null {
  const identifier = event.identifiers.find(({ type }) =>
    settings.registrationNumbers[event.type].has(type.toUpperCase()),
  );
  if (!identifier) return null;
  const idTypeId = idTypeTiers(identifier.type, openspp.idTypes, settings.aliases).flat()[0];
  return idTypeId === undefined ? { missing: identifier } : { identifier, idTypeId };
}

/** What becomes of a registration number: stored, or not, with the reason. */
export function planNumber(
  number: NumberToStore,
  live: readonly LiveId[],
  openspp: Capabilities,
): { store: true } | { store: false; note: string | null } {
  const holding = live.find(({ idTypeId }) => idTypeId === number.idTypeId);
  if (!holding) return { store: true };
  if (holding.value === number.identifier.value) return { store: false, note: null };
  const code = openspp.idTypes.find(({ id }) => id === number.idTypeId)?.code ?? '';
  return {
    store: false,
    note: `${number.identifier.type} ${number.identifier.value} not stored: the registrant already has ${holding.value} as ${code}.`,
  };
}

/** The note for a number that OpenSPP has no ID type for. */
export function noTypeNote({ type, value }: Identifier): string {
  return `${type} ${value} not stored: OpenSPP has no ID type for ${type}.`;
}

/**
 * The `spp.registry.id` row of a verified number: valid, verified over DCI now, by this registry. Fields that this
 * OpenSPP does not have are left out.
 */
export function registryIdValues(
  registrantId: number,
  number: NumberToStore,
  source: string,
  now: string,
  fields: Fields,
): Record<string, OdooValue> {
  return {
    partner_id: registrantId,
    id_type_id: number.idTypeId,
    ...verifiedValues(number, source, now, fields),
  };
}

/** The number itself, and by whom it was verified. */
export function verifiedValues(
  number: NumberToStore,
  source: string,
  now: string,
  fields: Fields,
): Record<string, OdooValue> {
  const verification: Record<string, OdooValue> = {
    status: 'valid',
    verification_method: 'dci_api',
    verification_date: now,
    verification_source: source,
  };
  return {
    value: number.identifier.value,
    ...Object.fromEntries(Object.entries(verification).filter(([name]) => fields.has(name))),
  };
}
