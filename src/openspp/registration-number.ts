import type { Identifier, VitalEvent } from '../events/vital-event.ts';
import type { OdooValue } from '../odoo/client.ts';
import { among, type Capabilities, type Fields } from './capabilities.ts';
import type { LiveId } from './live-ids.ts';
import type { MatchingSettings } from './matching.ts';
import { endingOf } from './privacy.ts';
import { isSameValue, type SpellingRules } from './spellings.ts';
import type { OpensppTexts } from './texts/index.ts';
import { idTypeTiers } from './vocabulary.ts';

/** The registration number of an event, and the ID type that it is kept under. */
export interface NumberToStore {
  identifier: Identifier;
  idTypeId: number;
}

/**
 * The registration number that the event assigns (a birth's BRN, a death's DRN, …) and the first ID type of this
 * OpenSPP that takes it, deprecated ones left out; `missing` where OpenSPP has none; null where the message carries no
 * such number.
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
  const inUse = openspp.idTypes.filter(({ deprecated }) => !deprecated);
  const idTypeId = idTypeTiers(identifier.type, inUse, settings.aliases).flat()[0];
  return idTypeId === undefined ? { missing: identifier } : { identifier, idTypeId };
}

/** What becomes of a registration number: stored, or not, with what a caseworker is to know. */
export function planNumber(
  number: NumberToStore,
  live: readonly Pick<LiveId, 'idTypeId' | 'value'>[],
  openspp: Pick<Capabilities, 'idTypes'>,
  texts: OpensppTexts,
  rules: SpellingRules = {},
): { store: true } | { store: false; note: string } {
  const holding = live.find(({ idTypeId }) => idTypeId === number.idTypeId);
  if (!holding) return { store: true };
  const { type, value } = number.identifier;
  const ours = nameOf(number, texts);
  if (isSameValue(type, holding.value, value, rules))
    return { store: false, note: texts.number.stored(ours) };
  const code = openspp.idTypes.find(({ id }) => id === number.idTypeId)?.code ?? '';
  return {
    store: false,
    note: texts.number.held(ours, texts.number.as(type, code, endingOf(holding.value))),
  };
}

/** A number as every user may see it, such as `DRN ending 0342`. */
export function nameOf({ identifier }: Pick<NumberToStore, 'identifier'>, texts: OpensppTexts): string {
  return texts.number.ending(identifier.type, endingOf(identifier.value));
}

/** The note for a number that OpenSPP has no ID type for. */
export function noTypeNote(identifier: Identifier, texts: OpensppTexts): string {
  return texts.number.noType(nameOf({ identifier }, texts), identifier.type);
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
  const verification = {
    status: 'valid',
    verification_method: 'dci_api',
    verification_date: now,
    verification_source: source,
  };
  return { value: number.identifier.value, ...among(fields, verification) };
}
