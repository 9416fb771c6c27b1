import type { FieldDefinition, FieldOptions } from './types.ts';

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
