import type { Environment } from '../orm/environment.ts';

/** A value as it is stored; `null` is SQL's. */
export type Value = string | number | boolean | null | readonly number[];

/** Values as a caller gives them: not checked yet. */
export type Values = Record<string, unknown>;

/** A stored record. Rows are never changed in place: a write puts a new one. */
export interface Row {
  readonly id: number;
  readonly [field: string]: Value;
}

export type FieldType =
  | 'boolean'
  | 'char'
  | 'date'
  | 'datetime'
  | 'html'
  | 'integer'
  | 'many2many'
  | 'many2one'
  | 'many2one_reference'
  | 'one2many'
  | 'selection'
  | 'text';

export interface FieldOptions {
  /** The label; made from the name where left out. */
  string?: string;
  required?: boolean;
  readonly?: boolean;
  /** A value as a caller would give it, or how to make one. */
  default?: unknown | ((env: Environment) => unknown);
  size?: number;
  translate?: boolean;
  /** The external id of the only group that may see the field. */
  groups?: string;
  /** Kept in a hash index, so that `=` and `in` do not scan. */
  indexed?: boolean;
  /** What becomes of this record when the one that it points at is deleted. */
  ondelete?: 'restrict' | 'set null' | 'cascade';
  /** Filled in by the model's `compute`; never by a caller's values unless it is writable too. */
  computed?: 'readonly' | 'writable';
  /** The path that a related field follows; told by `fields_get`. */
  related?: string;
  depends?: readonly string[];
  domain?: string;
  /** Told by `fields_get`: an administrator made the field by hand. */
  manual?: boolean;
  /** Told by `fields_get`: the web client's export ticks the field. */
  exportedByDefault?: boolean;
}

export interface FieldDefinition extends FieldOptions {
  type: FieldType;
  selection?: readonly (readonly [value: string, label: string])[];
  relation?: string;
  /** The many2one on the other side of a one2many. */
  inverse?: string;
  /** The field that names the model of a `many2one_reference`. */
  modelField?: string;
  /** The many2one to the record that really has this field: the model delegates to it (Odoo's `_inherits`). */
  inherited?: string;
}

/** A field of a model that is ready for use. */
export interface Field extends FieldDefinition {
  name: string;
  string: string;
  required: boolean;
  readonly: boolean;
  /** Whether the rows hold it. */
  stored: boolean;
}

export const char = (options: FieldOptions = {}): FieldDefinition => ({ type: 'char', ...options });
export const text = (options: FieldOptions = {}): FieldDefinition => ({ type: 'text', ...options });
export const boolean = (options: FieldOptions = {}): FieldDefinition => ({ type: 'boolean', ...options });
export const integer = (options: FieldOptions = {}): FieldDefinition => ({ type: 'integer', ...options });
export const date = (options: FieldOptions = {}): FieldDefinition => ({ type: 'date', ...options });
export const datetime = (options: FieldOptions = {}): FieldDefinition => ({ type: 'datetime', ...options });

export function selection(
  choices: readonly (readonly [value: string, label: string])[],
  options: FieldOptions = {},
): FieldDefinition {
  return { type: 'selection', selection: choices, ...options };
}

export function many2one(relation: string, options: FieldOptions = {}): FieldDefinition {
  return { type: 'many2one', relation, ...options };
}

export function one2many(relation: string, inverse: string, options: FieldOptions = {}): FieldDefinition {
  return { type: 'one2many', relation, inverse, ...options };
}

export function many2many(relation: string, options: FieldOptions = {}): FieldDefinition {
  return { type: 'many2many', relation, ...options };
}

/** The id of a record of the model that another field names. */
export function many2oneReference(modelField: string, options: FieldOptions = {}): FieldDefinition {
  return { type: 'many2one_reference', modelField, ...options };
}

/** The label that Odoo makes of a field's name: `id_type_id` is `Id Type`. */
export function labelOf(name: string): string {
  const bare = name.replace(/_ids?$/, '').replaceAll('_', ' ');
  return bare.toLowerCase().replaceAll(/[a-z]+/g, (word) => word[0]?.toUpperCase() + word.slice(1));
}
