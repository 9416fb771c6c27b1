import { validationError } from '../errors.ts';
import { boolean, datetime, many2one, type Row, selection, type Value } from '../model/field.ts';
import type { ModelDefinition, Operation } from '../model/model.ts';
import type { Environment } from '../orm/environment.ts';
import { hidesDisabled } from './registrant-rules.ts';

const ALL: readonly Operation[] = ['read', 'write', 'create', 'unlink'];

/** The registrants' places in households. */
export const groupMembership: ModelDefinition = {
  name: 'spp.group.membership',
  description: 'Group Membership',
  order: 'id desc',
  fields: {
    group: many2one('res.partner', { required: true, indexed: true }),
    individual: many2one('res.partner', { required: true, indexed: true }),
    is_head: boolean(),
    start_date: datetime({ default: (env: Environment) => env.now() }),
    ended_date: datetime(),
    status: selection(
      [
        ['inactive', 'Inactive'],
        ['active', 'Active'],
      ],
      { computed: 'writable', readonly: true, depends: ['ended_date'] },
    ),
    is_ended: boolean({ computed: 'writable', readonly: true, depends: ['ended_date'] }),
  },
  access: [
    { group: 'officer', operations: ['read', 'write', 'create'] },
    { group: 'administrator', operations: ALL },
  ],
  rules: [hidesDisabled('individual', { operations: ALL }), hidesDisabled('group', { operations: ALL })],
  constraints: [{ fields: ['ended_date'], check: checkEnd }],
  compute: fillStatus,
};

/** Whether a place is ended is found out when its end is written, and not again as time goes by. */
function fillStatus(env: Environment, row: Row, changed: ReadonlySet<string>): Record<string, Value> {
  if (!changed.has('ended_date')) return {};
  const ended = typeof row.ended_date === 'string' && row.ended_date <= env.now();
  return { is_ended: ended, status: ended ? 'inactive' : 'active' };
}

function checkEnd(_env: Environment, rows: readonly Row[]): void {
  for (const { start_date: start, ended_date: end } of rows) {
    if (typeof start === 'string' && typeof end === 'string' && end < start) {
      throw validationError('End Date cannot be earlier than Start Date');
    }
  }
}
