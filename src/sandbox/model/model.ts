import type { OdooException } from '../errors.ts';
import type { Environment } from '../orm/environment.ts';
import type { Signature } from '../rpc/signature.ts';
import {
  char,
  datetime,
  type Field,
  type FieldDefinition,
  integer,
  labelOf,
  many2one,
  type Row,
  type Value,
  type Values,
} from './field.ts';
import type { GroupId } from './groups.ts';

export type Operation = 'read' | 'write' | 'create' | 'unlink';

/** One line of the access list: what the members of a group may do with the model's records. */
export interface AccessRule {
  group: GroupId;
  operations: readonly Operation[];
}

/** A record rule: which records the caller may do something with. */
export interface RecordRule {
  operations: readonly Operation[];
  /** Whose rule it is: of a caller's groups' rules, one must hold. Everybody's where left out, and all of those must. */
  group?: GroupId;
  holds(env: Environment, row: Row): boolean;
  /** Whether the rule is about companies, of which the refusal then speaks. */
  byCompany?: boolean;
}

/** A check that runs after records were created or written, where one of `fields` was among the values. */
export interface Constraint {
  fields: readonly string[];
  check(env: Environment, rows: readonly Row[]): void;
}

/** A unique index of the database. */
export interface UniqueRule {
  /** The first of them must be indexed. */
  fields: readonly [string, ...string[]];
  /** Which rows the index covers; all where left out. */
  where?: (row: Row) => boolean;
  /** The name of the index, which the database's own sentence quotes, or the sentence that the model gives. */
  name?: string;
  message?: string;
}

/** A check constraint of the database. */
export interface RowCheck {
  holds(row: Row): boolean;
  message: string;
}

/** A public method of one model. */
export interface ModelMethod {
  signature: Signature;
  call(env: Environment, ids: readonly number[], args: Readonly<Record<string, unknown>>): unknown;
}

/** A model as its file declares it. */
export interface ModelDefinition {
  name: string;
  description: string;
  order?: string;
  /** The field that names a record; `name` where left out and there is one. */
  recName?: string;
  /** The fields that a search by name looks at; `recName` where left out. */
  nameSearch?: readonly string[];
  fields: Readonly<Record<string, FieldDefinition>>;
  access: readonly AccessRule[];
  rules?: readonly RecordRule[];
  /** The model whose fields this one has as well, and the many2one to the record that holds them (`_inherits`). */
  inherits?: { model: ModelDefinition; by: string };
  /** Refuses what access list and rules allow. Without records there is only the context to judge by. */
  refuses?(env: Environment, operation: Operation, rows: readonly Row[]): OdooException | undefined;
  unique?: readonly UniqueRule[];
  checks?: readonly RowCheck[];
  /** In the order in which Odoo runs them: by the name of the method. */
  constraints?: readonly Constraint[];
  /** Runs before anything else of a create, and may change the values. */
  beforeCreate?(env: Environment, valuesList: Values[]): void;
  /** Runs after everything else of a create. */
  afterCreate?(env: Environment, rows: readonly Row[]): void;
  /** The values that a create or a write stores instead of those that it was given. */
  stamp?(env: Environment, values: Values, isNew: boolean): Values;
  /** Runs after everything else of a write. */
  afterWrite?(env: Environment, rows: readonly Row[]): void;
  /** The Python class that has the model's own `create`, where there is one: errors name it. */
  createdBy?: string;
  /** Fills the computed fields of a row that was created, or of which `changed` was written. */
  compute?(env: Environment, row: Row, changed: ReadonlySet<string>): Readonly<Record<string, Value>>;
  /** Whether Odoo reads the records before it writes them, so that one that is missing or hidden fails any write. */
  readsOnWrite?(env: Environment): boolean;
  methods?: Readonly<Record<string, ModelMethod>>;
}

/** A model that is ready for use: every field by name, with those that all models have. */
export interface Model extends Omit<ModelDefinition, 'fields' | 'recName'> {
  order: string;
  recName: string | undefined;
  nameSearch: readonly string[];
  fields: ReadonlyMap<string, Field>;
  constraints: readonly Constraint[];
  rules: readonly RecordRule[];
  unique: readonly UniqueRule[];
  checks: readonly RowCheck[];
  /** The stored fields that must have a value, and those that point at other records. */
  notNull: readonly Field[];
  references: readonly Field[];
}

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
