import type { Row, Value, Values } from '../model/field.ts';
import { MAGIC_FIELDS, type Model } from '../model/model.ts';
import { checkAccess } from './access.ts';
import { toStored } from './convert.ts';
import type { Environment } from './environment.ts';
import { checkIntegrity } from './integrity.ts';
import { linked, sortValues, storeLines } from './store-values.ts';

/** Creates records: all are stored, then the database's checks run, then the model's. */
export function createRecords(env: Environment, model: Model, valuesList: readonly Values[]): number[] {
  const copies = valuesList.map((values) => ({ ...values }));
  model.beforeCreate?.(env, copies);
  checkAccess(env, model, 'create');
  const sorted = copies.map((values) => sortValues(env, model, values));
  const table = env.table(model.name);
  const now = env.now();
  const touched = new Set<string>();
  const rows = sorted.map(({ columns, links }): Row => {
    const complete = withDefaults(env, model, { ...columns, ...linked({}, links) }, touched);
    const log = { create_uid: env.uid, create_date: now, write_uid: env.uid, write_date: now };
    const row = table.insert({ ...complete, ...log });
    const computed = model.compute?.(env, row, new Set(Object.keys(complete)));
    return computed === undefined ? row : table.update(row, computed);
  });
  checkIntegrity(env.db, model, rows);
  for (const constraint of model.constraints) {
    if (constraint.fields.some((field) => touched.has(field))) constraint.check(env, rows);
  }
  rows.forEach((row, at) => {
    storeLines(env, row.id, sorted[at]?.lines ?? []);
  });
  model.afterCreate?.(env, rows);
  return rows.map((row) => row.id);
}

function withDefaults(
  env: Environment,
  model: Model,
  given: Readonly<Record<string, Value>>,
  touched: Set<string>,
): Record<string, Value> {
  const complete: Record<string, Value> = {};
  for (const field of model.fields.values()) {
    const { name } = field;
    if (!field.stored || MAGIC_FIELDS.has(name)) continue;
    const value = given[name];
    if (value !== undefined) complete[name] = value;
    else if (field.default !== undefined) {
      const made = typeof field.default === 'function' ? field.default(env) : field.default;
      complete[name] = toStored(model.name, field, made);
    } else {
      complete[name] = null;
      continue;
    }
    touched.add(name);
  }
  return complete;
}
