import type { OdooValue } from '../odoo/client.ts';
import type { OdooValues } from '../odoo/orm.ts';
import type { Fields } from '../openspp/capabilities.ts';
import { InvalidResult } from './failure.ts';

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * A value of one field: a text, a number, true or false. Lists are not taken: what Odoo does with one depends on what
 * is there, so that doing it again would change something.
 *
 * @throws {InvalidResult} naming the field
 */
export function checkedScalar(field: string, value: unknown): OdooValue {
  if (value === null || value === undefined) return false;
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (typeof value === 'string') {
    if (value.includes('\0') || !value.isWellFormed()) {
      throw new InvalidResult(`the value of ${field} has characters that no database can keep`);
    }
    return value;
  }
  throw new InvalidResult(`the value of ${field} must be a text, a number, true or false`);
}

/** What an extension gives, sorted by whether this OpenSPP has the field. */
export interface SortedValues {
  values: OdooValues;
  /** Fields that it has a value for and this OpenSPP does not have. */
  absent: string[];
}

/**
 * Checks the values that an extension gives.
 *
 * @param declared the fields that it said it would give
 * @throws {InvalidResult}
 */
export function sortedValues(given: unknown, declared: readonly string[], fields: Fields): SortedValues {
  if (!isPlainObject(given)) throw new InvalidResult('it gave no object of values by field');
  const sorted: SortedValues = { values: {}, absent: [] };
  const values: Record<string, OdooValue> = {};
  for (const [field, one] of Object.entries(given)) {
    if (!declared.includes(field))
      throw new InvalidResult('it gave a value for a field that its list does not name');
    const value = checkedScalar(field, one);
    if (fields.has(field)) values[field] = value;
    else if (value !== false) sorted.absent.push(field);
  }
  return { ...sorted, values };
}
