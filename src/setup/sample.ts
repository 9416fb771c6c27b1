import type { OdooClient } from '../odoo/client.ts';
import { create, search } from '../odoo/orm.ts';
import { ID_TYPE_NAMESPACE, MODEL } from '../openspp/vocabulary.ts';
import { SetupError } from './setup-error.ts';

/** The identifier of the sample registrant: no registry gives a number like this one to a person. */
export const SAMPLE_TYPE = 'UIN';
export const SAMPLE_VALUE = 'SAMPLE-0001';
/** Says what it is to a person who finds it in OpenSPP. */
const SAMPLE_NAME = 'Sample registrant of crvs-bridge';

/** Whether a registrant has the identifier of the sample, archived ones included. */
export async function hasSample(admin: OdooClient): Promise<boolean> {
  const domain = [
    ['value', '=', SAMPLE_VALUE],
    ['partner_id.active', 'in', [true, false]],
  ];
  return (await search(admin, MODEL.registryId, domain)).length > 0;
}

/** Makes a registrant for a trial. */
export async function addSample(admin: OdooClient): Promise<void> {
  const [type] = await search(admin, MODEL.code, [
    ['namespace_uri', '=', ID_TYPE_NAMESPACE],
    ['code', '=ilike', SAMPLE_TYPE],
  ]);
  if (type === undefined) throw new SetupError(`there is no ID type ${SAMPLE_TYPE}: run setup again`);
  const [registrant = 0] = await create(admin, MODEL.registrant, [
    { name: SAMPLE_NAME, is_registrant: true, is_group: false },
  ]);
  await create(admin, MODEL.registryId, [
    { partner_id: registrant, id_type_id: type, value: SAMPLE_VALUE, status: 'valid' },
  ]);
}
