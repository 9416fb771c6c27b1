import type { Field } from '../model/field.ts';
import type { Model } from '../model/model.ts';
import { canSeeField } from './access.ts';
import type { Environment } from './environment.ts';

/** Describes the model's fields as `fields_get` does; fields that do not exist are passed over. */
export function describeFields(
  env: Environment,
  model: Model,
  names: readonly string[] | null,
  attributes: readonly string[] | null,
): Record<string, Record<string, unknown>> {
  const described: Record<string, Record<string, unknown>> = {};
  for (const field of model.fields.values()) {
    if (names !== null && names.length > 0 && !names.includes(field.name)) continue;
    if (!canSeeField(env, field)) continue;
    const all = describe(env, field);
    described[field.name] =
      attributes === null || attributes.length === 0
        ? all
        : Object.fromEntries(Object.entries(all).filter(([name]) => attributes.includes(name)));
  }
  return described;
}

/** All attributes of a field, by name as Odoo lists them. */
function describe(env: Environment, field: Field): Record<string, unknown> {
  return Object.fromEntries(Object.entries(attributesOf(env, field)).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function attributesOf(env: Environment, field: Field): Record<string, unknown> {
  const { type } = field;
  const isText = type === 'char' || type === 'text' || type === 'html';
  const isX2many = type === 'one2many' || type === 'many2many';
  const isColumn = field.stored || (field.inherited !== undefined && field.type !== 'one2many');
  return {
    change_default: false,
    company_dependent: false,
    default_export_compatible: field.exportedByDefault ?? false,
    depends: field.depends ?? [],
    exportable: true,
    groupable: isColumn,
    manual: field.manual ?? false,
    name: field.name,
    readonly: field.readonly,
    required: field.required,
    searchable: true,
    sortable: isColumn && !isX2many,
    store: field.name !== 'display_name' && field.inherited === undefined,
    string: field.string,
    type,
    ...(isText && { translate: field.translate ?? false }),
    ...(type === 'char' && { trim: true }),
    ...(field.size !== undefined && { size: field.size }),
    ...(field.groups !== undefined && { groups: field.groups }),
    ...(field.related !== undefined && { related: field.related }),
    ...(field.selection !== undefined && { selection: field.selection }),
    // A sum of positions means nothing, so `sequence` has none.
    ...(type === 'integer' && !['id', 'sequence'].includes(field.name) && { aggregator: 'sum' }),
    ...(field.relation !== undefined && {
      allow_hierachy_operators: isHierarchy(env, field.relation),
      relation: field.relation,
      context: {},
      domain: field.domain ?? [],
    }),
    ...(field.inverse !== undefined && field.inherited === undefined && { relation_field: field.inverse }),
    ...(field.modelField !== undefined && { model_field: field.modelField }),
  };
}

/** Odoo's users inherit the parent of their contact. */
function isHierarchy(env: Environment, model: string): boolean {
  return model === 'res.users' || env.model(model).fields.has('parent_id');
}
