import { randomBytes } from 'node:crypto';
import type { OdooClient } from '../../src/odoo/client.ts';
import { create, searchRead } from '../../src/odoo/orm.ts';
import { ID_TYPE_NAMESPACE, MODEL } from '../../src/openspp/vocabulary.ts';

/** Somebody who does not exist, with a `national_id`. */
export interface Registrant {
  id: number;
  uin: string;
}

/** Identifiers that nobody has yet; all begin with `prefix`. */
export function newUins(count: number): { prefix: string; uins: string[] } {
  const prefix = `B${randomBytes(4).toString('hex').toUpperCase()}`;
  return { prefix, uins: Array.from({ length: count }, (_, n) => `${prefix}${String(n).padStart(6, '0')}`) };
}

const SLICE = 500;

/** Makes registrants: individuals of whom nothing is known but a name and a `national_id`. */
export async function makeRegistrants(
  admin: OdooClient,
  uins: readonly string[],
  onProgress: (done: number) => void = () => {},
): Promise<Registrant[]> {
  const idTypeId = await nationalIdType(admin);
  const made: Registrant[] = [];
  while (made.length < uins.length) {
    const some = uins.slice(made.length, made.length + SLICE);
    const ids = await create(
      admin,
      MODEL.registrant,
      some.map((uin) => ({ name: `Bench ${uin}`, is_registrant: true, is_group: false })),
      { context: { tracking_disable: true } },
    );
    await create(
      admin,
      MODEL.registryId,
      some.map((value, n) => ({ partner_id: ids[n] ?? 0, id_type_id: idTypeId, value, status: 'valid' })),
    );
    made.push(...some.map((uin, n) => ({ id: ids[n] ?? 0, uin })));
    onProgress(made.length);
  }
  return made;
}

async function nationalIdType(admin: OdooClient): Promise<number> {
  const [type] = await searchRead(
    admin,
    MODEL.code,
    [
      ['namespace_uri', '=', ID_TYPE_NAMESPACE],
      ['code', '=', 'national_id'],
    ],
    ['code'],
  );
  if (!type) throw new Error('this OpenSPP has no ID type national_id');
  return type.id;
}
