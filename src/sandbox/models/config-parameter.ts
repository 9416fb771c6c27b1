import { char, text, type Value } from '../model/field.ts';
import type { ModelDefinition } from '../model/model.ts';
import { checkAccess } from '../orm/access.ts';
import type { Environment } from '../orm/environment.ts';
import { unlinkRecords } from '../orm/unlink.ts';
import { signature } from '../rpc/signature.ts';

const MODEL = 'ir.config_parameter';

/** The settings of the server, which only administrators read. */
export const configParameter: ModelDefinition = {
  name: MODEL,
  description: 'System Parameter',
  recName: 'key',
  order: 'key',
  fields: { key: char({ required: true, indexed: true }), value: text({ required: true }) },
  access: [{ group: 'administrator', operations: ['read', 'write', 'create', 'unlink'] }],
  methods: {
    get_param: {
      signature: signature('IrConfig_Parameter.get_param', ['key', ['default', false]], { onModel: true }),
      call: (env, _ids, { key, default: fallback }) => {
        checkAccess(env, env.model(MODEL), 'read');
        return parameter(env, key) ?? fallback;
      },
    },
    set_param: {
      signature: signature('IrConfig_Parameter.set_param', ['key', 'value'], { onModel: true }),
      call: (env, _ids, { key, value }) => setParameter(env, key, value),
    },
  },
};

/** The value of a parameter; undefined where it is not set. */
export function parameter(env: Environment, key: unknown): Value | undefined {
  const [id] = env.search(MODEL, [['key', '=', key]], { limit: 1 });
  return id === undefined ? undefined : env.row(MODEL, id)?.value;
}

/** Gives the value from before, or false; an empty value deletes the parameter. */
function setParameter(env: Environment, key: unknown, value: unknown): unknown {
  const [id] = env.search(MODEL, [['key', '=', key]], { limit: 1 });
  const isEmpty = value === false || value === null;
  if (id === undefined) {
    checkAccess(env, env.model(MODEL), 'create');
    if (!isEmpty) env.create(MODEL, [{ key, value: String(value) }]);
    return false;
  }
  const before = env.row(MODEL, id)?.value;
  if (isEmpty) unlinkRecords(env, env.model(MODEL), [id]);
  else env.write(MODEL, [id], { value: String(value) });
  return before;
}
