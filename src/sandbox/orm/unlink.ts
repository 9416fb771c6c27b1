import type { Model } from '../model/model.ts';
import { checkAccess } from './access.ts';
import type { Environment } from './environment.ts';
import { brokenReference } from './integrity.ts';
import { requireRows } from './require-rows.ts';

/** Deletes records, as far as nothing points at them that must not. */
export function unlinkRecords(env: Environment, model: Model, ids: readonly number[]): void {
  if (ids.length === 0) return;
  checkAccess(env, model, 'unlink', ids);
  if (model.readsOnWrite?.(env)) requireRows(env, model, ids);
  deleteRows(env, model, ids);
}

function deleteRows(env: Environment, model: Model, ids: readonly number[]): void {
  const table = env.table(model.name);
  for (const id of ids) {
    const row = table.get(id);
    if (row !== undefined) table.delete(row);
  }
  for (const id of ids) releaseReferences(env, model, id);
}

function releaseReferences(env: Environment, model: Model, id: number): void {
  for (const other of env.db.tables) {
    for (const field of other.model.references) {
      if (field.relation !== model.name) continue;
      for (const pointing of [...other.idsWith(field.name, id)]) {
        const row = other.get(pointing);
        if (row === undefined) continue;
        if (field.ondelete === 'cascade') {
          deleteRows(env, other.model, [pointing]);
          continue;
        }
        if (field.required || field.ondelete === 'restrict') throw brokenReference(other.model, field);
        other.update(row, { [field.name]: null });
      }
    }
  }
}
