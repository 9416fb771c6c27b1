import { hash } from 'node:crypto';
import type { OdooClient } from '../odoo/client.ts';
import { searchRead } from '../odoo/orm.ts';
import { MODEL } from '../openspp/vocabulary.ts';
import { type IdentifierNaming, isSameType } from '../registries/identifier-names.ts';
import { identifiersOfMany, type SentIdentifier } from '../registries/registrant-identifiers.ts';
import type { Registrant } from './kinds/kind.ts';

export interface RegistrantReading {
  client: OdooClient;
  /** Codes of OpenSPP's ID types to the registry's names. */
  names: Readonly<Record<string, string>> | undefined;
  /** Identifier types, best first. */
  order: readonly string[];
  naming: IdentifierNaming;
}

/**
 * Those of these people that are still active registrants, each with all identifiers in the order of preference.
 *
 * @throws OdooError, or the signal's reason
 */
export async function readRegistrants(
  { client, names, order, naming }: RegistrantReading,
  people: readonly number[],
  signal: AbortSignal,
): Promise<Map<number, Registrant>> {
  if (people.length === 0) return new Map();
  const domain = [
    ['id', 'in', people],
    ['is_registrant', '=', true],
    ['disabled', '=', false],
  ];
  const rows = await searchRead(client, MODEL.registrant, domain, ['id'], { order: 'id', signal });
  const active = rows.map(({ id }) => id);
  const identifiers =
    active.length === 0 ? new Map() : await identifiersOfMany(client, active, names, signal);
  return new Map(
    active.map((id) => [id, { id, identifiers: inOrder(identifiers.get(id) ?? [], order, naming) }]),
  );
}

/** Each identifier once, the most trusted type first; types that are not named come last. */
function inOrder(
  identifiers: readonly SentIdentifier[],
  order: readonly string[],
  naming: IdentifierNaming,
): SentIdentifier[] {
  const rank = ({ type }: SentIdentifier) => {
    const exact = order.findIndex((one) => one.toUpperCase() === type.toUpperCase());
    const at = exact < 0 ? order.findIndex((one) => isSameType(one, type, naming)) : exact;
    return at < 0 ? order.length : at;
  };
  const keys = new Set<string>();
  return identifiers
    .filter((one) => !keys.has(keyOf(one)) && keys.add(keyOf(one)))
    .sort((a, b) => rank(a) - rank(b));
}

const keyOf = ({ type, value }: SentIdentifier) => JSON.stringify([type, value]);

/** What shows whether a registrant would be asked by the same identifiers: short, and not to be read back. */
export function askedKey(id: number, askedBy: readonly SentIdentifier[]): string {
  return hash('sha256', JSON.stringify([id, askedBy.map(keyOf).sort()]), 'base64url').slice(0, 12);
}
