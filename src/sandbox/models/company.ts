import { boolean, char, integer, many2one } from '../model/field.ts';
import type { Row, Values } from '../model/row.ts';
import type { Environment, ModelDefinition } from '../model/types.ts';

const MODEL = 'res.company';

/** The companies of the deployment: users read their own, those who manage access rights all. */
export const company: ModelDefinition = {
  name: MODEL,
  description: 'Companies',
  order: 'sequence, name',
  fields: {
    name: char({ string: 'Company Name', required: true, indexed: true }),
    active: boolean({ default: true }),
    sequence: integer({ default: 10 }),
    parent_id: many2one(MODEL, { string: 'Parent Company' }),
    partner_id: many2one('res.partner', { required: true }),
  },
  access: [
    { group: 'user', operations: ['read'] },
    { group: 'accessRights', operations: ['read', 'write', 'create', 'unlink'] },
  ],
  rules: [
    {
      group: 'user',
      operations: ['read', 'write', 'create', 'unlink'],
      holds: (env, row) => env.companies.includes(row.id),
    },
    { group: 'accessRights', operations: ['read', 'write', 'create', 'unlink'], holds: () => true },
  ],
  unique: [{ fields: ['name'], message: 'The company name must be unique!' }],
  beforeCreate: makeContacts,
  afterCreate: joinCompanies,
  createdBy: 'ResCompany',
};

function makeContacts(env: Environment, valuesList: Values[]): void {
  for (const values of valuesList) {
    if (values.partner_id || !values.name) continue;
    const [id] = env.create('res.partner', [{ name: values.name, is_company: true }]);
    values.partner_id = id;
  }
}

/** The user who makes a company belongs to it. */
function joinCompanies(env: Environment, rows: readonly Row[]): void {
  env.sudo().write('res.users', [env.uid], { company_ids: rows.map(({ id }) => [4, id]) });
}
