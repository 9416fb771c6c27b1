import type { Values } from '../model/field.ts';
import type { Model } from '../model/model.ts';
import type { Environment } from './environment.ts';

/** The default values of the named fields, as `default_get` gives them. */
export function defaultsOf(env: Environment, model: Model, names: readonly string[]): Values {
  const values: Values = {};
  for (const name of names) {
    const made = model.fields.get(name)?.default;
    if (made !== undefined) values[name] = typeof made === 'function' ? made(env) : made;
  }
  return values;
}
