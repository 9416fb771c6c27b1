import { missingError } from '../errors.ts';
import type { Row } from '../model/field.ts';
import type { Model } from '../model/model.ts';
import type { Environment } from './environment.ts';

/**
 * The records, as they are stored.
 *
 * @throws OdooException Odoo's MissingError where one does not exist.
 */
export function requireRows(env: Environment, model: Model, ids: readonly number[]): Row[] {
  const table = env.table(model.name);
  return ids.map((id) => {
    const row = table.get(id);
    if (row === undefined) throw missingError(model.name, id, env.uid);
    return row;
  });
}
