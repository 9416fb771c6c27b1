import type { OdooClient } from '../odoo/client.ts';
import { read, searchCount, searchRead } from '../odoo/orm.ts';
import { many2oneId, text } from '../odoo/values.ts';
import { MODEL } from '../openspp/vocabulary.ts';
import { RegistriesError } from './errors.ts';

/** An identifier by which a registry is asked for a registrant. */
export interface SentIdentifier {
  /** As the registry calls it. */
  type: string;
  value: string;
}

/**
 * The identifiers of a registrant (`spp.registry.id`) in the registry's words, in the order they were entered. Removed
 * ones (`invalid`) are left out.
 *
 * @param partnerId `res.partner`
 * @param names codes of OpenSPP's ID types to the registry's names; other codes are sent in upper case, as DCI writes them
 * @throws {RegistriesError} `registrant.unknown`, `registrant.no_identifiers`
 * @throws OdooError
 */
export async function registrantIdentifiers(
  client: OdooClient,
  partnerId: number,
  names: Readonly<Record<string, string>> = {},
): Promise<SentIdentifier[]> {
  const rows = await searchRead(
    client,
    MODEL.registryId,
    [
      ['partner_id', '=', partnerId],
      ['status', '!=', 'invalid'],
    ],
    ['id_type_id', 'value'],
    { order: 'id' },
  );
  const typeIds = [...new Set(rows.map((row) => many2oneId(row.id_type_id)).filter((id) => id !== null))];
  const codes = typeIds.length === 0 ? [] : await read(client, MODEL.code, typeIds, ['code']);
  const codeOf = new Map(codes.map((row) => [row.id, text(row.code)]));
  const byLowerCase = new Map(Object.entries(names).map(([code, name]) => [code.toLowerCase(), name]));
  const identifiers = rows.flatMap((row): SentIdentifier[] => {
    const code = codeOf.get(many2oneId(row.id_type_id) ?? 0) ?? null;
    const value = text(row.value);
    if (code === null || value === null) return [];
    return [{ type: byLowerCase.get(code.toLowerCase()) ?? code.toUpperCase(), value }];
  });
  if (identifiers.length > 0) return identifiers;
  if ((await searchCount(client, MODEL.registrant, [['id', '=', partnerId]])) === 0) {
    throw new RegistriesError('registrant.unknown', `OpenSPP has no registrant with id ${partnerId}`);
  }
  throw new RegistriesError(
    'registrant.no_identifiers',
    `registrant ${partnerId} has no identifier to ask a registry by; add one in OpenSPP`,
  );
}
