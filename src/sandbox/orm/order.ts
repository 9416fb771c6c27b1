import { userError, valueError } from '../errors.ts';
import type { Row, Value } from '../model/field.ts';
import type { Model } from '../model/model.ts';
import { checkFieldAccess } from './access.ts';
import type { Environment } from './environment.ts';
import { columnOf } from './inherited.ts';

type Compare = (left: Row, right: Row) => number;

const TERM = /^\s*([a-z_][a-z0-9_]*)(\.[a-z0-9_]+)?(?:\s+(asc|desc))?(?:\s+nulls\s+(first|last))?\s*$/i;

/** Compiles an "order" such as `event_date desc, id`. Empty values come last, or first where descending. */
export function compileOrder(env: Environment, model: Model, order: string, reverse = false): Compare {
  const terms = order.split(',').map((term) => compileTerm(env, model, order, term, reverse));
  return (left, right) => {
    for (const term of terms) {
      const result = term(left, right);
      if (result !== 0) return result;
    }
    return 0;
  };
}

function compileTerm(env: Environment, model: Model, order: string, term: string, reverse: boolean): Compare {
  const match = TERM.exec(term);
  if (match === null) {
    throw userError(
      `Invalid "order" specified (${order}). A valid "order" specification is a comma-separated list of valid ` +
        'field names (optionally followed by asc/desc for the direction)',
    );
  }
  const [, name = '', property, direction, nulls] = match;
  const field = model.fields.get(name);
  if (field === undefined) throw valueError(`Invalid field '${name}' on model '${model.name}'`);
  checkFieldAccess(env, model, field, 'read');
  const descending = (direction?.toLowerCase() === 'desc') !== reverse;
  const nullsFirst = nulls === undefined ? descending : (nulls.toLowerCase() === 'first') !== reverse;
  const value = columnOf(env, model, field);
  if (field.type === 'many2one' && property !== '.id') {
    return byRelation(env, value, field.relation ?? '', descending, nullsFirst);
  }
  // An empty boolean sorts as false.
  const empty = field.type === 'boolean' ? false : null;
  return (left, right) => compareValues(value(left) ?? empty, value(right) ?? empty, descending, nullsFirst);
}

/** A many2one sorts by the order of the model that it points at. */
function byRelation(
  env: Environment,
  value: (row: Row) => Value,
  relation: string,
  descending: boolean,
  nullsFirst: boolean,
): Compare {
  const far = env.table(relation);
  const compare = compileOrder(env.sudo(), far.model, far.model.order, descending);
  return (left, right) => {
    const [a, b] = [far.get(Number(value(left))), far.get(Number(value(right)))];
    if (a === undefined || b === undefined) {
      if (a === b) return 0;
      return (a === undefined) === nullsFirst ? -1 : 1;
    }
    return compare(a, b);
  };
}

function compareValues(left: Value, right: Value, descending: boolean, nullsFirst: boolean): number {
  if (left === right) return 0;
  if (left === null) return nullsFirst ? -1 : 1;
  if (right === null) return nullsFirst ? 1 : -1;
  return left < right === descending ? 1 : -1;
}
