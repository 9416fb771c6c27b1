import { pythonError, typeError } from '../errors.ts';
import type { Values } from '../model/row.ts';
import { isFalsy, typeName } from '../python.ts';

/** The arguments of the common methods, as callers send them: of any type, with Python's answer to a wrong one. */

/** A list of field names; all fields where there is none. */
export function toNames(value: unknown): string[] | null {
  if (isFalsy(value)) return null;
  // A string is a list of its characters to Python.
  if (typeof value === 'string') return [...value];
  if (Array.isArray(value)) return value.map(String);
  throw typeError(`'${typeName(value)}' object is not iterable`);
}

/** How many records at most, or how many to pass over. */
export function toCount(value: unknown, clause: 'LIMIT' | 'OFFSET'): number | undefined {
  if (isFalsy(value)) return undefined;
  const count = Number(value);
  if (count >= 0) return count;
  const error = clause === 'LIMIT' ? 'InvalidRowCountInLimitClause' : 'InvalidRowCountInResultOffsetClause';
  throw pythonError(`psycopg2.errors.${error}`, `${clause} must not be negative\n`);
}

/** The order of a search; the model's own where there is none. */
export function toOrder(value: unknown, own: string): string {
  if (isFalsy(value)) return own;
  if (typeof value === 'string') return value;
  throw typeError(`expected string or bytes-like object, got '${typeName(value)}'`);
}

/** The values of one write. */
export function toValues(value: unknown): Values {
  if (value === null) throw typeError("'NoneType' object is not iterable");
  if (typeof value === 'object' && !Array.isArray(value)) return value as Values;
  throw pythonError('builtins.AttributeError', `'${typeName(value)}' object has no attribute 'items'`);
}

/** The values of the records to create; a single record needs no list. */
export function toValuesList(value: unknown): Values[] {
  if (value === null) throw typeError("'NoneType' object is not iterable");
  const list: unknown[] = Array.isArray(value) ? value : [value];
  for (const item of list) {
    if (typeof item === 'object' && item !== null && !Array.isArray(item)) continue;
    throw pythonError('builtins.AttributeError', `'${typeName(item)}' object has no attribute 'get'`);
  }
  return list as Values[];
}
