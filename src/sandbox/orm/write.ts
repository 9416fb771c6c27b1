import { accessError, OdooException } from '../errors.ts';
import type { Row, Values } from '../model/field.ts';
import type { Model } from '../model/model.ts';
import { checkAccess } from './access.ts';
import type { Environment } from './environment.ts';
import { parentOf } from './inherited.ts';
import { checkIntegrity } from './integrity.ts';
import { requireRows } from './require-rows.ts';
import { linked, sortValues, storeLines } from './store-values.ts';

/**
 * Writes the same values to records. One that does not exist is passed over, unless Odoo reads it on the way: for a
 * constraint on one of the fields, for a record rule, or because the model does so always.
 */
export function writeRecords(env: Environment, model: Model, ids: readonly number[], given: Values): void {
  if (ids.length === 0) return;
  if (model.readsOnWrite?.(env)) readBefore(env, model, ids);
  checkAccess(env, model, 'write', ids);
  const values = model.stamp?.(env, given, false) ?? given;
  const { columns, lines, links, inherited } = sortValues(env, model, values);
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
  if (Object.keys(inherited).length > 0) writeInherited(env, model, rows, inherited);
  model.afterWrite?.(env, rows);
}

/** Where the records are read on the way, one that is hidden is refused as a read. */
function readBefore(env: Environment, model: Model, ids: readonly number[]): void {
  requireRows(env, model, ids);
  const read = (): void => checkAccess(env, model, 'read', ids);
  if (model.inherits) through(model, read);
  else read();
}

function writeInherited(env: Environment, model: Model, rows: readonly Row[], values: Values): void {
  const parents = rows.map((row) => Number(row[model.inherits?.by ?? '']));
  through(model, () => writeRecords(env, parentOf(env, model), [...new Set(parents)], values));
}

/** Odoo says of a refusal that came from a field of another model's by which model it was come to. */
function through(model: Model, call: () => void): void {
  try {
    call();
  } catch (error) {
    if (!(error instanceof OdooException) || error.kind !== 'access') throw error;
    const way = `Implicitly accessed through '${model.description}' (${model.name}).`;
    throw accessError(`${error.message}\n\n${way}`);
  }
}
