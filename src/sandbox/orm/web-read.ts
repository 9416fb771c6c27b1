import type { Values } from '../model/row.ts';
import type { Environment, Model } from '../model/types.ts';
import { type Output, readRecords } from './read.ts';

/**
 * Reads records by a specification, as Odoo's own screens do: a many2one is its id, or an object where its fields
 * were asked for. Ids without a record are answered with the bare id where nothing was asked of them.
 */
export function webRead(
  env: Environment,
  model: Model,
  ids: readonly number[],
  specification: Values,
): Output[] {
  const fields = Object.keys(specification);
  if (fields.length === 0) return ids.map((id) => ({ id }));
  const outputs = readRecords(env, model, ids, fields, false);
  for (const [name, asked] of Object.entries(specification)) {
    const field = model.fields.get(name);
    const subfields = asked && typeof asked === 'object' && 'fields' in asked ? asked.fields : undefined;
    if (field?.type !== 'many2one' || subfields === undefined) continue;
    const far = env.model(field.relation ?? '');
    for (const output of outputs) {
      if (typeof output[name] !== 'number') continue;
      [output[name]] = webRead(env.sudo(), far, [output[name]], subfields as Values);
    }
  }
  return outputs;
}
