import type { Field, Row, Value } from '../model/field.ts';
import type { Model } from '../model/model.ts';
import type { Environment } from './environment.ts';

/** The record that has a field of this one, where the model delegates to another; undefined where it has none. */
export function ownerOf(env: Environment, model: Model, field: Field, row: Row): Row | undefined {
  if (field.inherited === undefined) return row;
  return env.row(parentOf(env, model).name, Number(row[field.inherited]));
}

/** The model that this one delegates to. */
export function parentOf(env: Environment, model: Model): Model {
  if (!model.inherits) throw new Error(`${model.name} delegates to no model`);
  return env.model(model.inherits.model.name);
}

/** Reads the stored value of a field off a record, wherever it is kept. */
export function columnOf(env: Environment, model: Model, field: Field): (row: Row) => Value {
  const { name } = field;
  return field.inherited === undefined
    ? (row) => row[name] ?? null
    : (row) => ownerOf(env, model, field, row)?.[name] ?? null;
}
