import { validationError } from '../errors.ts';
import { char, date, datetime, many2one, type Row, selection, text, type Values } from '../model/field.ts';
import type { ModelDefinition } from '../model/model.ts';
import type { Environment } from '../orm/environment.ts';

const MODEL = 'spp.registry.id';
const CODE = 'spp.vocabulary.code';

/** The identifiers of the registrants. */
export const registryId: ModelDefinition = {
  name: MODEL,
  description: 'Registrant ID',
  order: 'id desc',
  fields: {
    partner_id: many2one('res.partner', { required: true, indexed: true }),
    id_type_id: many2one(CODE, { required: true }),
    value: char({ size: 100, indexed: true }),
    status: selection([
      ['invalid', 'Invalid'],
      ['valid', 'Valid'],
    ]),
    expiry_date: date(),
    description: char(),
    verification_method: selection([
      ['dci_api', 'DCI API Verification'],
      ['physical_document', 'Physical Document'],
      ['scanned', 'Scanned Document'],
      ['verbal', 'Verbal (Unverified)'],
      ['self_declared', 'Self Declared'],
      ['manual_lookup', 'Manual Lookup'],
      ['biometric', 'Biometric Match'],
    ]),
    verification_date: datetime(),
    verification_source: char(),
    verification_response: text(),
  },
  access: [
    { group: 'officer', operations: ['read', 'write', 'create'] },
    { group: 'administrator', operations: ['read', 'write', 'create', 'unlink'] },
  ],
  unique: [
    {
      fields: ['partner_id', 'id_type_id'],
      where: (row) => row.status !== 'invalid',
      name: 'spp_registry_id_unique_active_id_type',
    },
  ],
  constraints: [{ fields: ['value'], check: checkFormat }],
  beforeCreate: refuseSecondLiveId,
  createdBy: 'RegistryId',
};

/** As it was up to spp_registry 19.0.2.2.1: an ID takes its type for good, whatever its status. */
export const oldRegistryId: ModelDefinition = {
  ...registryId,
  unique: [
    ...(registryId.unique ?? []),
    { fields: ['partner_id', 'id_type_id'], message: 'ID type must be unique per registrant.' },
  ],
};

/** Says in words what the unique index would say in its own way; an ID marked invalid does not count. */
function refuseSecondLiveId(env: Environment, valuesList: Values[]): void {
  for (const values of valuesList) {
    if (values.status === 'invalid') continue;
    const domain = [
      ['partner_id', '=', values.partner_id ?? false],
      ['id_type_id', '=', values.id_type_id ?? false],
      ['status', '!=', 'invalid'],
    ];
    const [clash] = env.sudo().search(MODEL, domain, { limit: 1, order: 'id desc' });
    const row = clash === undefined ? undefined : env.row(MODEL, clash);
    if (row === undefined) continue;
    const who = env.displayName('res.partner', Number(row.partner_id));
    const type = env.displayName(CODE, Number(row.id_type_id));
    throw validationError(`${who} already has a valid ${type}. Update the existing one, or remove it first.`);
  }
}

/** The pattern is anchored at the beginning only, as Python's `re.match` is. */
function checkFormat(env: Environment, rows: readonly Row[]): void {
  for (const row of rows) {
    const type = env.row(CODE, Number(row.id_type_id));
    const pattern = type?.id_validation;
    const value = row.value;
    if (typeof pattern !== 'string' || pattern === '' || typeof value !== 'string' || value === '') continue;
    if (!new RegExp(`^(?:${pattern})`).test(value)) {
      throw validationError(`The provided ${type?.display} ID '${value}' is invalid.`);
    }
  }
}
