import { randomBytes } from 'node:crypto';
import { userError } from '../errors.ts';
import { char, datetime, integer, many2one, selection } from '../model/field.ts';
import type { Environment, ModelDefinition } from '../model/types.ts';
import { signature } from '../rpc/signature.ts';
import { formatDatetime } from '../time.ts';

/** What the context of a call in a web session has, and of no other: the check of a password in that session. */
export const SESSION = Symbol('session');

/** The web session that a call came in. */
export interface Session {
  uid: number;
  /** Whether the password was given again. */
  checked: boolean;
  /** Whether this is the user's password. */
  checks(password: unknown): boolean;
}

export const apiKey: ModelDefinition = {
  name: 'res.users.apikeys',
  description: 'Users API Keys',
  fields: {
    name: char({ required: true }),
    user_id: many2one('res.users', { required: true }),
    scope: char(),
    expiration_date: datetime(),
    // No field of Odoo's: there the table alone has it.
    key: char({ groups: 'base.group_system' }),
  },
  access: [{ group: 'user', operations: ['read'] }],
};

/** The durations that an internal user may choose in a fresh Odoo. */
const DURATIONS = [
  ['1', '1 Day'],
  ['7', '1 Week'],
  ['30', '1 Month'],
  ['90', '3 Months'],
  ['-1', 'Custom Date'],
] as const;

/** The wizard that makes a key for the user who asks; in a web session alone, and after the password was given again. */
export const apiKeyWizard: ModelDefinition = {
  name: 'res.users.apikeys.description',
  description: 'API Key Description',
  fields: { name: char({ required: true }), duration: selection(DURATIONS, { required: true }) },
  access: [{ group: 'user', operations: ['read', 'create'] }],
  methods: {
    make_key: {
      signature: signature('ResUsersApikeysDescription.make_key', []),
      call: (env, [id = 0]) => {
        if (sessionOf(env).checked) return makeKey(env, id);
        const [check] = env.sudo().create('res.users.identitycheck', [{ wizard_id: id }]);
        return { type: 'ir.actions.act_window', res_model: 'res.users.identitycheck', res_id: check };
      },
    },
  },
};

export const identityCheck: ModelDefinition = {
  name: 'res.users.identitycheck',
  description: 'Password Check Wizard',
  fields: { wizard_id: integer() },
  access: [{ group: 'user', operations: ['read', 'write', 'create'] }],
  methods: {
    run_check: {
      signature: signature('ResUsersIdentitycheck.run_check', []),
      call: (env, [id = 0]) => {
        const session = sessionOf(env);
        if (!session.checks(env.context.password)) {
          throw userError(
            'Incorrect Password, try again or click on Forgot Password to reset your password.',
          );
        }
        session.checked = true;
        return makeKey(env, Number(env.row('res.users.identitycheck', id)?.wizard_id));
      },
    },
  },
};

function sessionOf(env: Environment): Session {
  const session = (env.context as { [SESSION]?: Session })[SESSION];
  if (!session) throw userError('This method can only be accessed over HTTP');
  return session;
}

function makeKey(env: Environment, wizard: number): object {
  const row = env.row('res.users.apikeys.description', wizard);
  const end = env.db.clock() + Number(row?.duration) * 86_400_000;
  const key = randomBytes(20).toString('hex');
  const values = { name: row?.name, user_id: env.uid, key, expiration_date: formatDatetime(end) };
  env.sudo().create('res.users.apikeys', [values]);
  return {
    type: 'ir.actions.act_window',
    res_model: 'res.users.apikeys.show',
    context: { default_key: key },
  };
}
