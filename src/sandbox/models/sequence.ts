import { userError } from '../errors.ts';
import { boolean, char, integer, selection } from '../model/field.ts';
import type { Environment, ModelDefinition } from '../model/types.ts';
import { checkAccess } from '../orm/access.ts';
import { signature } from '../rpc/signature.ts';

const MODEL = 'ir.sequence';

/** The number sequences of a deployment. */
export const sequence: ModelDefinition = {
  name: MODEL,
  description: 'Sequence',
  order: 'name, id',
  fields: {
    name: char({ required: true }),
    code: char({ string: 'Sequence Code', indexed: true }),
    implementation: selection(
      [
        ['standard', 'Standard'],
        ['no_gap', 'No gap'],
      ],
      { required: true, default: 'standard' },
    ),
    active: boolean({ default: true }),
    prefix: char(),
    suffix: char(),
    number_next: integer({ string: 'Next Number', required: true, default: 1 }),
    number_increment: integer({ string: 'Step', required: true, default: 1 }),
    padding: integer({ string: 'Sequence Size', required: true, default: 0 }),
  },
  access: [
    { group: 'administrator', operations: ['read', 'write', 'create', 'unlink'] },
    { group: 'user', operations: ['read'] },
  ],
  methods: {
    next_by_code: {
      signature: signature('IrSequence.next_by_code', ['sequence_code', ['sequence_date', null]], {
        onModel: true,
      }),
      call: (env, _ids, { sequence_code }) => nextByCode(env, String(sequence_code)) ?? false,
    },
  },
};

/** The next name of the sequence with a code, or undefined where there is no such sequence. */
export function nextByCode(env: Environment, code: string): string | undefined {
  checkAccess(env, env.model(MODEL), 'read');
  const table = env.table(MODEL);
  for (const id of table.idsWith('code', code)) {
    const row = table.get(id);
    if (row?.active !== true) continue;
    const number = env.db.nextNumber(id, Number(row.number_next), Number(row.number_increment));
    const digits = String(number).padStart(Number(row.padding), '0');
    return `${fill(env, row.prefix)}${digits}${fill(env, row.suffix)}`;
  }
  return undefined;
}

/** Replaces `%(year)s` and its like in a prefix or suffix. */
function fill(env: Environment, template: unknown): string {
  if (typeof template !== 'string') return '';
  const now = env.now();
  const legend: Readonly<Record<string, string>> = {
    year: now.slice(0, 4),
    y: now.slice(2, 4),
    month: now.slice(5, 7),
    day: now.slice(8, 10),
    h24: now.slice(11, 13),
    min: now.slice(14, 16),
    sec: now.slice(17, 19),
  };
  return template.replaceAll(/%\((?:range_|current_)?(\w+)\)s/g, (_all, name: string) => {
    const value = legend[name];
    if (value === undefined) throw userError(`Invalid prefix or suffix for sequence “${template}”`);
    return value;
  });
}
