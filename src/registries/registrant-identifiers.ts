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
 * The identifiers of registrants (`spp.registry.id`) in the registry's words, each registrant's in the order they were
 * entered. Removed ones (`invalid`) are left out, and so is a registrant without any.
 *
 * @param partnerIds `res.partner`
 * @param names codes of OpenSPP's ID types to the registry's names; other codes are sent in upper case, as DCI writes them
 * @throws OdooError, or the signal's reason
 */
export async function identifiersOfMany(
  client: OdooClient,
  partnerIds: readonly number[],
  names: Readonly<Record<string, string>> = {},
  signal?: AbortSignal,
): Promise<Map<number, SentIdentifier[]>> {
  const options = signal ? { signal } : {};
  const rows = await searchRead(
    client,
    MODEL.registryId,
    [
      ['partner_id', 'in', partnerIds],
      ['status', '!=', 'invalid'],
    ],
    ['partner_id', 'id_type_id', 'value'],
    { order: 'id', ...options },
  );
  const typeIds = [...new Set(rows.map((row) => many2oneId(row.id_type_id)).filter((id) => id !== null))];
  const codes = typeIds.length === 0 ? [] : await read(client, MODEL.code, typeIds, ['code'], options);
  const codeOf = new Map(codes.map((row) => [row.id, text(row.code)]));
  const byLowerCase = new Map(Object.entries(names).map(([code, name]) => [code.toLowerCase(), name]));
  const all = new Map<number, SentIdentifier[]>();
  for (const row of rows) {
    const partnerId = many2oneId(row.partner_id);
    const code = codeOf.get(many2oneId(row.id_type_id) ?? 0) ?? null;
    const value = text(row.value);
    if (partnerId === null || code === null || value === null) continue;
    const identifier = { type: byLowerCase.get(code.toLowerCase()) ?? code.toUpperCase(), value };
    const own = all.get(partnerId);
    if (own) own.push(identifier);
    else all.set(partnerId, [identifier]);
  }
  return all;
}

/**
 * The identifiers of a registrant, as `identifiersOfMany` gives them.
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
  const identifiers = (await identifiersOfMany(client, [partnerId], names)).get(partnerId) ?? [];
  if (identifiers.length > 0) return identifiers;
  if ((await searchCount(client, MODEL.registrant, [['id', '=', partnerId]])) === 0) {
    throw new RegistriesError('registrant.unknown', `OpenSPP has no registrant with id ${partnerId}`);
  }
  throw new RegistriesError(
    'registrant.no_identifiers',
    `registrant ${partnerId} has no identifier to ask a registry by; add one in OpenSPP`,
  );
}
