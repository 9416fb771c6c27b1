import { char, text } from '../model/field.ts';
import type { ModelDefinition } from '../model/model.ts';
import { checkAccess } from '../orm/access.ts';
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
        const [id] = env.search(MODEL, [['key', '=', key]], { limit: 1 });
        return id === undefined ? fallback : env.row(MODEL, id)?.value;
      },
    },
  },
};
