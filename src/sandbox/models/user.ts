import { boolean, char, many2many, many2one } from '../model/field.ts';
import { GROUPS } from '../model/groups.ts';
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
    lang: char({ string: 'Language' }),
    tz: char({ string: 'Timezone' }),
    group_ids: many2many('res.groups', { string: 'Groups' }),
    password: char({ groups: 'base.group_system' }),
  },
  access: [
    { group: 'user', operations: ['read'] },
    { group: 'accessRights', operations: ['read', 'write', 'create'] },
  ],
  methods: {
    context_get: {
      signature: signature('ResUsers.context_get', [], { onModel: true }),
      call: (env) => contextOf(env),
    },
    has_group: {
      signature: signature('ResUsers.has_group', ['group_ext_id']),
      call: (env, _ids, { group_ext_id }) =>
        [...env.groups].some((group) => GROUPS[group].externalId === group_ext_id),
    },
  },
};

function contextOf(env: Environment): object {
  const row = env.row('res.users', env.uid);
  return { lang: row?.lang ?? false, tz: row?.tz ?? false, uid: env.uid };
}
