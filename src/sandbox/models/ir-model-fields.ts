import { valueError } from '../errors.ts';
import { boolean, char, many2one, selection } from '../model/field.ts';
import { buildField, extendModel } from '../model/model.ts';
import type { Row, Values } from '../model/row.ts';
import type { Environment, FieldDefinition, FieldType, ModelDefinition } from '../model/types.ts';
import { checkAccess } from '../orm/access.ts';

const MODEL = 'ir.model.fields';

/** The types that a field made by hand can have here. Odoo has more. */
const TYPES: readonly FieldType[] = [
  'boolean',
  'char',
  'date',
  'datetime',
  'html',
  'integer',
  'many2one',
  'text',
];

/** The fields that administrators made by hand; those of the modules have no rows here. */
export const irModelFields: ModelDefinition = {
  name: MODEL,
  description: 'Fields',
  order: 'name, id',
  fields: {
    name: char({ string: 'Field Name', required: true, indexed: true }),
    model: char({ string: 'Model Name', required: true }),
    model_id: many2one('ir.model', { string: 'Model', required: true }),
    field_description: char({ string: 'Field Label', required: true }),
    ttype: selection(
      TYPES.map((type) => [type, type]),
      { string: 'Field Type', required: true },
    ),
    relation: char({ string: 'Related Model' }),
    required: boolean(),
    readonly: boolean(),
    state: selection(
      [
        ['manual', 'Custom Field'],
        ['base', 'Base Field'],
      ],
      { string: 'Type', required: true, default: 'manual' },
    ),
  },
  access: [
    { group: 'accessRights', operations: ['read'] },
    { group: 'administrator', operations: ['read', 'create'] },
  ],
  unique: [{ fields: ['name', 'model'], message: 'Field names must be unique per model.' }],
  checks: [
    {
      holds: (row) => String(row.name).startsWith('x_'),
      message: "Custom fields must have a name that starts with 'x_'!",
    },
  ],
  beforeCreate: nameModels,
  afterCreate: addFields,
};

function nameModels(env: Environment, valuesList: Values[]): void {
  for (const values of valuesList) {
    checkAccess(env, env.model('ir.model'), 'read');
    values.model = env.row('ir.model', Number(values.model_id))?.model ?? values.model;
  }
}

/** From now on the model has the field, and its records have it empty. */
function addFields(env: Environment, rows: readonly Row[]): void {
  for (const row of rows) {
    const table = env.table(String(row.model));
    const field = buildField(String(row.name), definitionOf(env, row));
    table.extend(extendModel(table.model, field), field.name);
  }
}

function definitionOf(env: Environment, row: Row): FieldDefinition {
  const relation = row.relation === null ? undefined : String(row.relation);
  if (row.ttype === 'many2one' && (relation === undefined || !env.db.has(relation))) {
    throw valueError(`Model "${relation ?? ''}" does not exist`);
  }
  return {
    type: row.ttype as FieldType,
    string: String(row.field_description),
    required: row.required === true,
    readonly: row.readonly === true,
    manual: true,
    ...(relation === undefined ? {} : { relation }),
  };
}
