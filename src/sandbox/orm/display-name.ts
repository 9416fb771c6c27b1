import type { Model } from '../model/model.ts';
import type { Environment } from './environment.ts';

/** How a record is named where another one points at it. */
export function displayName(env: Environment, model: Model, id: number): string {
  const row = env.table(model.name).get(id);
  const name = row !== undefined && model.recName !== undefined ? row[model.recName] : undefined;
  if (model.recName === undefined) return `${model.name},${id}`;
  return typeof name === 'string' ? name : '';
}
