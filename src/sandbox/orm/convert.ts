import { pythonError, typeError, valueError } from '../errors.ts';
import type { Field, Value } from '../model/field.ts';
import { isFalsy, repr, str, typeName } from '../python.ts';
import { parseDate, parseDatetime } from '../time.ts';

/** Turns a caller's value into the stored one; raises what Odoo raises for a value that it cannot take. */
export function toStored(model: string, field: Field, value: unknown): Value {
  switch (field.type) {
    case 'char':
    case 'text':
    case 'html':
      return toText(field, value);
    case 'boolean':
      return !isFalsy(value);
    case 'integer':
      return toInteger(value);
    case 'date':
      return isFalsy(value) ? null : parseDate(requireText(value));
    case 'datetime':
      return isFalsy(value) ? null : parseDatetime(requireText(value));
    case 'selection':
      return toSelection(model, field, value);
    case 'many2one':
    case 'many2one_reference':
      return toReference(value);
    default:
      throw pythonError(
        'builtins.NotImplementedError',
        `The sandbox does not write ${field.type} fields (${field.name})`,
      );
  }
}

function toText(field: Field, value: unknown): string | null {
  if (value === null || value === undefined || value === false) return null;
  const whole = str(value);
  if (whole.includes('\0')) throw valueError('A string literal cannot contain NUL (0x00) characters.');
  // The size counts characters, not UTF-16 units.
  if (field.size === undefined || whole.length <= field.size) return whole;
  return [...whole].slice(0, field.size).join('');
}

function toInteger(value: unknown): number {
  if (isFalsy(value)) return 0;
  if (value === true) return 1;
  if (typeof value === 'number') return Math.trunc(value);
  if (typeof value !== 'string') {
    throw typeError(
      `int() argument must be a string, a bytes-like object or a real number, not '${typeName(value)}'`,
    );
  }
  if (!/^\s*[+-]?\d+\s*$/.test(value)) {
    throw valueError(`invalid literal for int() with base 10: ${repr(value)}`);
  }
  return Number(value);
}

function requireText(value: unknown): string {
  if (typeof value === 'string') return value;
  throw typeError(`'${typeName(value)}' object is not subscriptable`);
}

function toSelection(model: string, field: Field, value: unknown): string | null {
  const allowed = field.selection?.some(([choice]) => choice === value);
  if (allowed) return value as string;
  if (isFalsy(value)) return null;
  throw valueError(`Wrong value for ${model}.${field.name}: ${repr(value)}`);
}

/** A list, such as the pair that a read gives, is no reference at all. */
function toReference(value: unknown): number | null {
  return isFalsy(value) || Array.isArray(value) ? null : toDatabaseInteger(value);
}

/** Ids go to the database as they are, and it reads a text as a number where it can. */
export function toDatabaseInteger(value: unknown): number {
  const number = Number(value);
  if (Number.isInteger(number)) return number;
  throw pythonError(
    'psycopg2.errors.InvalidTextRepresentation',
    `invalid input syntax for type integer: "${str(value)}"\n`,
  );
}
