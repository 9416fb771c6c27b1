import { char, datetime, integer, labelOf, many2one } from './field.ts';
import type { Field, FieldDefinition, Model, ModelDefinition } from './types.ts';

const LOG_FIELDS: Readonly<Record<string, FieldDefinition>> = {
  create_uid: many2one('res.users', { string: 'Created by', readonly: true }),
  create_date: datetime({ string: 'Created on', readonly: true }),
  write_uid: many2one('res.users', { string: 'Last Updated by', readonly: true }),
  write_date: datetime({ string: 'Last Updated on', readonly: true }),
};

/** The fields that callers cannot set. */
export const MAGIC_FIELDS: ReadonlySet<string> = new Set(['id', ...Object.keys(LOG_FIELDS)]);

/** Makes a declared model ready for use. */
export function buildModel(definition: ModelDefinition): Model {
  const hasName = 'name' in { ...definition.inherits?.model.fields, ...definition.fields };
  const recName = definition.recName ?? (hasName ? 'name' : undefined);
  const all: Record<string, FieldDefinition> = {
    id: integer({ string: 'ID', readonly: true }),
    display_name: char({ readonly: true, depends: recName ? [recName] : [] }),
    ...inheritedFields(definition),
    ...definition.fields,
    ...LOG_FIELDS,
  };
  const fields = new Map(
    Object.entries(all).map(([name, field]): [string, Field] => [name, buildField(name, field)]),
  );
  return withFields(definition, recName, fields);
}

/** What a field of the model that is delegated to looks like here. */
function inheritedFields({ inherits }: ModelDefinition): Record<string, FieldDefinition> {
  if (!inherits) return {};
  const { by } = inherits;
  const entries = Object.entries(inherits.model.fields).map(([name, field]): [string, FieldDefinition] => {
    const { domain, indexed, default: made, exportedByDefault, ...kept } = field;
    const path = `${by}.${name}`;
    return [name, { ...kept, inherited: by, related: path, depends: [path] }];
  });
  return Object.fromEntries(entries);
}

/** Makes a declared field ready for use. */
export function buildField(name: string, field: FieldDefinition): Field {
  return {
    ...field,
    name,
    string: field.string ?? labelOf(name),
    required: field.required ?? false,
    readonly: field.readonly ?? field.computed === 'readonly',
    stored: name !== 'display_name' && field.type !== 'one2many' && field.inherited === undefined,
  };
}

/** The same model with one field more. */
export function extendModel(model: Model, field: Field): Model {
  return withFields(model, model.recName, new Map([...model.fields, [field.name, field]]));
}

function withFields(
  definition: Omit<ModelDefinition, 'fields' | 'recName'>,
  recName: string | undefined,
  fields: ReadonlyMap<string, Field>,
): Model {
  const stored = [...fields.values()].filter((field) => field.stored && !MAGIC_FIELDS.has(field.name));
  return {
    ...definition,
    order: definition.order ?? 'id',
    recName,
    nameSearch: definition.nameSearch ?? (recName ? [recName] : []),
    fields,
    constraints: definition.constraints ?? [],
    rules: definition.rules ?? [],
    unique: definition.unique ?? [],
    checks: definition.checks ?? [],
    notNull: stored.filter((field) => field.required),
    references: stored.filter((field) => field.type === 'many2one'),
  };
}
