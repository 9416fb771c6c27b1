import type { Row, Value, Values } from '../model/field.ts';
import { MAGIC_FIELDS, type Model } from '../model/model.ts';
import { checkAccess } from './access.ts';
import { toStored } from './convert.ts';
import { defaultOf, hasDefault } from './defaults.ts';
import type { Environment } from './environment.ts';
import { parentOf } from './inherited.ts';
import { checkIntegrity } from './integrity.ts';
import { linked, type SortedValues, sortValues, storeLines } from './store-values.ts';

/** Creates records: all are stored, then the database's checks run, then the model's. */
export function createRecords(env: Environment, model: Model, valuesList: readonly Values[]): number[] {
  const copies = valuesList.map((values) => ({ ...values }));
  model.beforeCreate?.(env, copies);
  checkAccess(env, model, 'create');
  const sorted = copies.map((values) => sortValues(env, model, model.stamp?.(env, values, true) ?? values));
  if (model.inherits) for (const one of sorted) storeInherited(env, model, model.inherits.by, one);
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
  const ids = rows.map((row) => row.id);
  checkAccess(env, model, 'create', ids);
  rows.forEach((row, at) => {
    storeLines(env, row.id, sorted[at]?.lines ?? []);
  });
  model.afterCreate?.(env, rows);
  return ids;
}

/** Makes the record that is delegated to; one that is there already is written, if with nothing. */
function storeInherited(env: Environment, model: Model, by: string, sorted: SortedValues): void {
  const { name } = parentOf(env, model);
  const given = sorted.columns[by];
  if (typeof given === 'number' && env.table(name).has(given)) env.write(name, [given], sorted.inherited);
  else if (typeof given !== 'number') [sorted.columns[by] = null] = env.create(name, [sorted.inherited]);
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
    else if (hasDefault(env, field)) {
      const made = defaultOf(env, field);
      complete[name] = toStored(model.name, field, made);
    } else {
      complete[name] = null;
      continue;
    }
    touched.add(name);
  }
  return complete;
}
