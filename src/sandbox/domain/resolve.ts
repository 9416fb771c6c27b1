import { pythonError, typeError, valueError } from '../errors.ts';
import type { Field, FieldType, Row, Value } from '../model/field.ts';
import type { Model } from '../model/model.ts';
import { checkFieldAccess } from '../orm/access.ts';
import { toDatabaseInteger } from '../orm/convert.ts';
import type { Environment } from '../orm/environment.ts';
import { isFalsy, repr, reprTuple, str, typeName } from '../python.ts';
import type { Filter } from './filter.ts';
import { compileLike } from './like.ts';
import type { Condition, Domain } from './parse.ts';
import { datetimeFilter, toDomainDate } from './temporal.ts';

const POSITIVE: Readonly<Record<string, string>> = {
  '!=': '=',
  'not in': 'in',
  'not like': 'like',
  'not ilike': 'ilike',
  'not =like': '=like',
  'not =ilike': '=ilike',
  'not any': 'any',
};

/** What counts as empty besides NULL. */
const FALSY: Readonly<Partial<Record<FieldType, Value>>> = {
  boolean: false,
  integer: 0,
  char: '',
  text: '',
  html: '',
};

/**
 * Resolves a domain against a model: fields are looked up, values brought to the field's type, and conditions on
 * other models searched there, with the caller's rights.
 *
 * A negative condition is the complement of its positive one: Odoo adds the empty records to it, so nothing falls
 * between the two.
 */
export function resolveDomain(env: Environment, model: Model, domain: Domain): Filter {
  switch (domain.kind) {
    case 'constant':
      return domain;
    case 'not':
      return { kind: 'not', part: resolveDomain(env, model, domain.part) };
    case 'condition':
      return resolveCondition(env, model, domain);
    default:
      return { kind: domain.kind, parts: domain.parts.map((part) => resolveDomain(env, model, part)) };
  }
}

function resolveCondition(env: Environment, model: Model, condition: Condition): Filter {
  const positive = POSITIVE[condition.operator];
  // A path is negated inside, on the far model: a record without the relation matches neither way.
  if (positive !== undefined && !condition.path.includes('.')) {
    return { kind: 'not', part: resolveCondition(env, model, { ...condition, operator: positive }) };
  }
  const [name = '', ...rest] = condition.path.split('.');
  const field = model.fields.get(name);
  if (field === undefined) {
    throw valueError(`Invalid field ${model.name}.${name} in condition ${quote(condition)}`);
  }
  checkFieldAccess(env, model, field, 'read');
  const by = field.inherited === undefined ? undefined : model.fields.get(field.inherited);
  if (by !== undefined) return anyOf(env.sudo(), by, condition);
  if (rest.length > 0) {
    if (field.relation === undefined) {
      throw valueError(`Invalid field ${model.name}.${name} in condition ${quote(condition)}`);
    }
    return anyOf(env, field, { ...condition, path: rest.join('.') });
  }
  if (condition.operator === '=?') {
    if (isFalsy(condition.value)) return { kind: 'constant', value: true };
    return resolveCondition(env, model, { ...condition, operator: '=' });
  }
  if (condition.operator === 'any') {
    if (field.relation === undefined) {
      throw valueError(`Cannot use 'any' with non-relational fields in condition ${quote(condition)}`);
    }
    return anyOf(env, field, condition.value);
  }
  if (condition.operator.endsWith('like')) return likeFilter(env, model, field, condition);
  if (condition.operator === '=' || condition.operator === 'in')
    return memberFilter(env, model, field, condition);
  return inequality(env, field, condition);
}

function quote(condition: Condition): string {
  return reprTuple([condition.path, condition.operator, condition.value]);
}

/** The records whose related record (or one of them) matches a domain. */
function anyOf(env: Environment, field: Field, domain: unknown): Filter {
  const far = env.model(field.relation ?? '');
  const subdomain = isCondition(domain) ? [[domain.path, domain.operator, domain.value]] : domain;
  if (field.type === 'one2many') {
    const ids = env.search(far.name, subdomain);
    const inverse = field.inverse ?? '';
    const table = env.table(far.name);
    return {
      kind: 'member',
      field: 'id',
      values: new Set(ids.map((id) => table.get(id)?.[inverse] ?? null)),
    };
  }
  // Whatever a many2one points at counts, archived or not.
  const ids = new Set(env.search(far.name, subdomain, { activeTest: field.type !== 'many2one' }));
  if (field.type === 'many2one') return { kind: 'member', field: field.name, values: ids };
  return { kind: 'test', test: (row) => idList(row, field).some((id) => ids.has(id)) };
}

function isCondition(value: unknown): value is Condition {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'condition';
}

function idList(row: Row, field: Field): readonly number[] {
  const value = row[field.name];
  return Array.isArray(value) ? value : [];
}

function memberFilter(env: Environment, model: Model, field: Field, condition: Condition): Filter {
  const values = asList(condition);
  if (values.length === 0) return { kind: 'constant', value: false };
  if (field.name === 'display_name') return nameFilter(env, model, '=', values);
  if (field.relation !== undefined) return relationalMember(env, field, values);
  if (field.type === 'datetime') return datetimeFilter(env, field.name, values);
  return {
    kind: 'member',
    field: field.name,
    values: withEmpties(
      field,
      values.map((value) => toComparable(env, field, value)),
    ),
  };
}

function asList(condition: Condition): unknown[] {
  const { operator, value } = condition;
  if (Array.isArray(value)) return value.length === 0 && operator === '=' ? [false] : value;
  if (operator === 'in' && isFalsy(value)) return [];
  return [value];
}

function relationalMember(env: Environment, field: Field, values: readonly unknown[]): Filter {
  const names = values.filter((value) => typeof value === 'string');
  const parts: Filter[] = [];
  if (names.length > 0) {
    parts.push(anyOf(env, field, [['display_name', 'in', names]]));
  }
  if (values.includes(true)) {
    throw pythonError('psycopg2.errors.UndefinedFunction', 'operator does not exist: integer = boolean\n');
  }
  const ids = values.filter((value) => typeof value === 'number');
  const empty = values.some((value) => value === false || value === null);
  if (ids.length > 0 || empty) parts.push(idsFilter(env, field, ids, empty));
  if (parts.length === 0) return { kind: 'constant', value: false };
  return { kind: 'or', parts };
}

function idsFilter(env: Environment, field: Field, ids: readonly number[], empty: boolean): Filter {
  if (field.type === 'many2one') {
    return { kind: 'member', field: field.name, values: new Set<Value>(empty ? [...ids, null] : ids) };
  }
  const wanted = new Set(ids);
  const related = (row: Row): readonly number[] => {
    if (field.type === 'many2many') return idList(row, field);
    return [...env.table(field.relation ?? '').idsWith(field.inverse ?? '', row.id)];
  };
  return {
    kind: 'test',
    test: (row) => {
      const list = related(row);
      return list.length === 0 ? empty : list.some((id) => wanted.has(id));
    },
  };
}

/** NULL and the field's own empty value are one to Odoo. */
function withEmpties(field: Field, values: readonly Value[]): ReadonlySet<Value> {
  const falsy = FALSY[field.type];
  const set = new Set(values);
  if (falsy !== undefined && (set.has(falsy) || set.has(null))) set.add(falsy).add(null);
  return set;
}

function toComparable(env: Environment, field: Field, value: unknown): Value {
  if (field.type === 'boolean') {
    return typeof value === 'string'
      ? ['1', 'true', 't', 'yes', 'y', 'on'].includes(value.toLowerCase())
      : !isFalsy(value);
  }
  if (value === false || value === null || value === undefined) return null;
  if (field.type === 'date') return toDomainDate(env, value);
  if (field.type === 'integer') return toDatabaseInteger(value);
  return str(value);
}

function likeFilter(env: Environment, model: Model, field: Field, condition: Condition): Filter {
  const { operator, value } = condition;
  const whole = operator.startsWith('=');
  if (isFalsy(value)) {
    if (!whole && field.relation === undefined) return { kind: 'constant', value: true };
    const empty = resolveCondition(env, model, { ...condition, operator: '=', value: false });
    return whole ? empty : { kind: 'not', part: empty };
  }
  if (whole && typeof value !== 'string') {
    throw typeError(`The pattern to match must be a string in condition ${quote(condition)}`);
  }
  if (field.relation !== undefined) return anyOf(env, field, [['display_name', operator, value]]);
  if (field.name === 'display_name') return nameFilter(env, model, operator, [value]);
  const pattern = whole ? str(value) : `%${str(value)}%`;
  const matches = compileLike(pattern, operator.endsWith('ilike'));
  return {
    kind: 'test',
    test: (row) => {
      const text = row[field.name];
      return text !== null && text !== undefined && matches(String(text));
    },
  };
}

/** A search by name looks at several fields in some models. */
function nameFilter(env: Environment, model: Model, operator: string, values: readonly unknown[]): Filter {
  const parts = model.nameSearch.flatMap((path) =>
    values.map((value) => resolveCondition(env, model, { kind: 'condition', path, operator, value })),
  );
  return { kind: 'or', parts };
}

const COMPARE: Readonly<Record<string, (left: Value, right: Value) => boolean>> = {
  '<': (left, right) => (left ?? '') < (right ?? ''),
  '>': (left, right) => (left ?? '') > (right ?? ''),
  '<=': (left, right) => (left ?? '') <= (right ?? ''),
  '>=': (left, right) => (left ?? '') >= (right ?? ''),
};

function inequality(env: Environment, field: Field, condition: Condition): Filter {
  const compare = COMPARE[condition.operator];
  if (compare === undefined) throw valueError(`Invalid operator in condition ${quote(condition)}`);
  if (field.type === 'boolean') {
    throw valueError(
      `Cannot compare ${repr(field.name)} to <class '${typeName(condition.value)}'> ` +
        `which is not a collection of length 1 in condition ${quote(condition)}`,
    );
  }
  if (field.relation !== undefined && typeof condition.value === 'string') {
    throw typeError(
      `Inequality not supported for relational field using a string in condition ${quote(condition)}`,
    );
  }
  if (field.type === 'datetime')
    return datetimeFilter(env, field.name, [condition.value], condition.operator);
  const falsy = FALSY[field.type] ?? null;
  const limit = toComparable(env, field, condition.value) ?? falsy;
  if (limit === null) return { kind: 'constant', value: false };
  return {
    kind: 'test',
    test: (row) => {
      const value = row[field.name] ?? falsy;
      return value !== null && compare(value, limit);
    },
  };
}
