import type { Model } from '../model/model.ts';
import type { Environment } from './environment.ts';
import { columnOf } from './inherited.ts';

/** How a record is named where another one points at it. */
export function displayName(env: Environment, model: Model, id: number): string {
  const row = env.table(model.name).get(id);
  const field = model.recName === undefined ? undefined : model.fields.get(model.recName);
  if (field === undefined) return `${model.name},${id}`;
  const name = row === undefined ? undefined : columnOf(env, model, field)(row);
  return typeof name === 'string' ? name : '';
}
