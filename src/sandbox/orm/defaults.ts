import type { Field, Values } from '../model/field.ts';
import type { Model } from '../model/model.ts';
import type { Environment } from './environment.ts';

/** The default values of the named fields, as `default_get` gives them. */
export function defaultsOf(env: Environment, model: Model, names: readonly string[]): Values {
  const values: Values = {};
  for (const name of names) {
    const field = model.fields.get(name);
    if (field !== undefined && hasDefault(env, field)) values[name] = defaultOf(env, field);
  }
  return values;
}

/** Whether the context, by `default_<field>`, or the field itself has a default value. */
export function hasDefault(env: Environment, field: Field): boolean {
  return field.default !== undefined || `default_${field.name}` in env.context;
}

/** The default value, as a caller would give it; the context's goes before the field's own. */
export function defaultOf(env: Environment, field: Field): unknown {
  const named = `default_${field.name}`;
  if (named in env.context) return env.context[named];
  return typeof field.default === 'function' ? field.default(env) : field.default;
}
