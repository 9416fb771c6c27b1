import { missingError } from '../errors.ts';
import type { Row, Values } from '../model/field.ts';
import type { Model } from '../model/model.ts';
import { checkAccess } from './access.ts';
import type { Environment } from './environment.ts';
import { checkIntegrity } from './integrity.ts';
import { linked, sortValues, storeLines } from './store-values.ts';

/**
 * Writes the same values to records. One that does not exist is passed over, unless Odoo reads it on the way: for a
 * constraint on one of the fields, or because the model does so always.
 */
export function writeRecords(env: Environment, model: Model, ids: readonly number[], values: Values): void {
  if (ids.length === 0) return;
  if (model.readsOnWrite) requireRows(env, model, ids);
  checkAccess(env, model, 'write');
  const { columns, lines, links } = sortValues(env, model, values);
  const table = env.table(model.name);
  const changed = new Set(Object.keys(columns));
  const log = { write_uid: env.uid, write_date: env.now() };
  const rows: Row[] = [];
  for (const id of new Set(ids)) {
    const before = table.get(id);
    if (before === undefined) continue;
    const row = table.update(before, { ...columns, ...linked(before, links), ...log });
    const computed = model.compute?.(env, row, changed);
    rows.push(computed === undefined ? row : table.update(row, computed));
  }
  const constraints = model.constraints.filter(({ fields }) => fields.some((field) => changed.has(field)));
  if (constraints.length > 0) requireRows(env, model, ids);
  for (const constraint of constraints) constraint.check(env, rows);
  checkIntegrity(env.db, model, rows, changed);
  for (const row of rows) storeLines(env, row.id, lines);
}

/** Raises a MissingError for the first id that has no record. */
export function requireRows(env: Environment, model: Model, ids: readonly number[]): void {
  const table = env.table(model.name);
  for (const id of ids) if (!table.has(id)) throw missingError(model.name, id, env.uid);
}
