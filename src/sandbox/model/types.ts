import type { OdooException } from '../errors.ts';
import type { Signature } from '../rpc/signature.ts';
import type { Database } from '../store/database.ts';
import type { Table } from '../store/table.ts';
import type { GroupId } from './groups.ts';
import type { Row, Value, Values } from './row.ts';

// A field's default and a model's methods get the environment, which gives models: these types name each other, so they
// share a file, and everything else imports one way.

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
  /** The path that a related field follows; shown by `fields_get`. */
  related?: string;
  depends?: readonly string[];
  domain?: string;
  /** Shown by `fields_get`: an administrator made the field by hand. */
  manual?: boolean;
  /** Shown by `fields_get`: the web client's export ticks the field. */
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

export type Operation = 'read' | 'write' | 'create' | 'unlink';

/** One line of the access list: what the members of a group may do with the model's records. */
interface AccessRule {
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
interface Constraint {
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
interface RowCheck {
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

export type Context = Readonly<Record<string, unknown>>;

/** The HTTP request that a call came in. */
export interface Origin {
  path: string;
  /** The header X-Source-System. */
  sourceSystem: string | undefined;
}

export interface SearchOptions {
  offset?: number;
  /** How many at most; no limit where undefined or 0. */
  limit?: number | undefined;
  /** By id where left out. */
  order?: string | undefined;
  /** Whether archived records are left out, unless the domain or the context asks for them. */
  activeTest?: boolean;
}

/** Who calls, in which context; and the few operations that the models' own code needs. */
export interface Environment {
  readonly db: Database<Model>;
  readonly uid: number;
  readonly groups: ReadonlySet<GroupId>;
  readonly context: Context;
  /** Whether access rights are left aside, as `sudo()` does. */
  readonly su: boolean;
  /** Undefined for a call in this process. */
  readonly origin: Origin | undefined;
  /** The companies that the user belongs to. */
  readonly userCompanies: readonly number[];
  /** The companies of the call: those of the context, else the user's. */
  readonly companies: readonly number[];
  /** The company of the call: the context's first, else the user's own. */
  readonly company: number | null;
  /** The time zone of the context, else of the user, else UTC. */
  readonly zone: string;
  sudo(): Environment;
  withContext(extra: Context): Environment;
  table(model: string): Table<Model>;
  model(name: string): Model;
  row(model: string, id: number): Row | undefined;
  /** Now, as a Datetime. */
  now(): string;
  /** The server's date, which is UTC's. */
  today(): string;
  /** The date where the user is. */
  contextToday(): string;
  search(model: string, domain: unknown, options?: SearchOptions): number[];
  create(model: string, valuesList: readonly Values[]): number[];
  write(model: string, ids: readonly number[], values: Values): void;
  displayName(model: string, id: number): string;
}
