import { valueError } from '../errors.ts';
import type { Field, Value, Values } from '../model/field.ts';
import { MAGIC_FIELDS, type Model } from '../model/model.ts';
import { checkFieldAccess } from './access.ts';
import { toStored } from './convert.ts';
import type { Environment } from './environment.ts';

/** A caller's values, sorted: what goes into the row, and what goes to other models' rows. */
export interface SortedValues {
  columns: Record<string, Value>;
  lines: { field: Field; commands: unknown }[];
  /** What is to be done with the lists of many2many fields. */
  links: { field: Field; commands: unknown }[];
  /** What goes to the record that is delegated to. */
  inherited: Values;
}

/** Checks a caller's values against the model's fields and converts them. */
export function sortValues(env: Environment, model: Model, values: Values): SortedValues {
  const sorted: SortedValues = { columns: {}, lines: [], links: [], inherited: {} };
  for (const [name, value] of Object.entries(values)) {
    const field = model.fields.get(name);
    if (field === undefined) throw valueError(`Invalid field '${name}' in '${model.name}'`);
    checkFieldAccess(env, model, field, 'write');
    if (MAGIC_FIELDS.has(name) || name === 'display_name' || field.computed === 'readonly') continue;
    if (field.inherited !== undefined) sorted.inherited[name] = value;
    else if (field.type === 'one2many') sorted.lines.push({ field, commands: value });
    else if (field.type === 'many2many') sorted.links.push({ field, commands: value });
    else sorted.columns[name] = toStored(model.name, field, value);
  }
  return sorted;
}

/** Carries out the commands of a one2many: `[0, 0, values]` creates a line, `[1, id, values]` writes one. */
export function storeLines(env: Environment, parent: number, lines: SortedValues['lines']): void {
  for (const { field, commands } of lines) {
    const relation = field.relation ?? '';
    for (const command of Array.isArray(commands) ? commands : []) {
      const [code, id, values] = Array.isArray(command) ? command : [command];
      if (code === 0) env.create(relation, [{ ...(values as Values), [field.inverse ?? '']: parent }]);
      else if (code === 1) env.write(relation, [Number(id)], values as Values);
      else throw valueError(`Wrong value for ${field.name}: the sandbox knows only the commands 0 and 1`);
    }
  }
}

/**
 * The columns of many2many fields after their commands: `[4, id]` links one, `[3, id]` lets one go, `[6, 0, ids]` puts
 * others in their place.
 */
export function linked(
  row: Readonly<Record<string, Value>>,
  links: SortedValues['links'],
): Record<string, Value> {
  const columns: Record<string, Value> = {};
  for (const { field, commands } of links) {
    let ids = new Set((row[field.name] ?? []) as readonly number[]);
    for (const command of Array.isArray(commands) ? commands : []) {
      const [code, id, others] = Array.isArray(command) ? command : [command];
      if (code === 4) ids.add(Number(id));
      else if (code === 3) ids.delete(Number(id));
      else if (code === 6) ids = new Set((others as unknown[]).map(Number));
      else throw valueError(`Wrong value for ${field.name}: the sandbox knows only the commands 3, 4 and 6`);
    }
    columns[field.name] = [...ids];
  }
  return columns;
}
