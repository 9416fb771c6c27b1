import type { OdooClient } from '../odoo/client.ts';
import { searchRead } from '../odoo/orm.ts';
import { text } from '../odoo/values.ts';
import { MODEL } from '../openspp/vocabulary.ts';
import { identifiersOfMany, type SentIdentifier } from '../registries/registrant-identifiers.ts';

/** Who a registrant is. Reports hold internal ids only; this is read from OpenSPP when somebody asks. */
export interface Person {
  name: string | null;
  identifiers: readonly SentIdentifier[];
}

/** Those of these registrants that OpenSPP shows the bridge's user, archived ones too. @throws OdooError */
export async function readPersons(client: OdooClient, ids: readonly number[]): Promise<Map<number, Person>> {
  if (ids.length === 0) return new Map();
  const domain = [
    ['id', 'in', ids],
    ['active', 'in', [true, false]],
  ];
  const rows = await searchRead(client, MODEL.registrant, domain, ['name'], { order: 'id' });
  const identifiers = await identifiersOfMany(
    client,
    rows.map(({ id }) => id),
  );
  return new Map(
    rows.map((row) => [row.id, { name: text(row.name), identifiers: identifiers.get(row.id) ?? [] }]),
  );
}
