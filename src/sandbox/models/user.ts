import { validationError } from '../errors.ts';
import { boolean, char, many2many, many2one, type Row, type Values } from '../model/field.ts';
import { ALL_GROUPS } from '../model/groups.ts';
import type { ModelDefinition } from '../model/model.ts';
import type { Environment } from '../orm/environment.ts';
import { signature } from '../rpc/signature.ts';

/** The users. Administrators can read a password here, as nobody can in Odoo: the sandbox keeps nobody's real one. */
export const user: ModelDefinition = {
  name: 'res.users',
  description: 'User',
  order: 'name, login',
  nameSearch: ['name', 'login'],
  fields: {
    partner_id: many2one('res.partner', { string: 'Related Partner' }),
    login: char({ required: true }),
    name: char({ required: true }),
    active: boolean({ default: true }),
    company_id: many2one('res.company', { required: true }),
    company_ids: many2many('res.company', { string: 'Companies' }),
    lang: char({ string: 'Language' }),
    tz: char({ string: 'Timezone' }),
    group_ids: many2many('res.groups', { string: 'Groups' }),
    password: char({ groups: 'base.group_system' }),
  },
  access: [
    { group: 'user', operations: ['read'] },
    { group: 'accessRights', operations: ['read', 'write', 'create'] },
  ],
  constraints: [{ fields: ['company_id', 'company_ids'], check: checkCompanies }],
  beforeCreate: fillCompanies,
  methods: {
    context_get: {
      signature: signature('ResUsers.context_get', [], { onModel: true }),
      call: (env) => contextOf(env),
    },
    has_group: {
      signature: signature('ResUsers.has_group', ['group_ext_id']),
      call: (env, _ids, { group_ext_id }) =>
        [...env.groups].some((group) => ALL_GROUPS[group].externalId === group_ext_id),
    },
  },
};

function fillCompanies(env: Environment, valuesList: Values[]): void {
  for (const values of valuesList) {
    values.company_id ??= env.company;
    values.company_ids ??= [[6, 0, [values.company_id]]];
  }
}

function checkCompanies(env: Environment, rows: readonly Row[]): void {
  const nameOf = (id: unknown): string => env.displayName('res.company', Number(id));
  for (const { name, company_id, company_ids } of rows) {
    const allowed = (company_ids ?? []) as readonly number[];
    if (allowed.includes(Number(company_id))) continue;
    throw validationError(
      `Company ${nameOf(company_id)} is not in the allowed companies for user ${name} ` +
        `(${allowed.map(nameOf).join(', ')}).`,
    );
  }
}

function contextOf(env: Environment): object {
  const row = env.row('res.users', env.uid);
  return { lang: row?.lang ?? false, tz: row?.tz ?? false, uid: env.uid };
}
