import { accessError, type OdooException, valueError } from '../errors.ts';
import type { Field, Row, Value } from '../model/field.ts';
import type { Model } from '../model/model.ts';
import { accessRefusal, canSeeField, checkAccess, checkFieldAccess, hasAccess } from './access.ts';
import { displayName } from './display-name.ts';
import type { Environment } from './environment.ts';
import { ownerOf, parentOf } from './inherited.ts';
import { ruleRefusal } from './rules.ts';
import { searchIds } from './search.ts';

/** A record as a caller reads it. */
export type Output = Record<string, unknown>;

/**
 * Reads records in the order of their ids, leaving out those that do not exist.
 *
 * @param fields All that the caller may see where null or empty.
 * @param withNames Whether a many2one reads as `[id, name]`; else as its id.
 */
export function readRecords(
  env: Environment,
  model: Model,
  ids: readonly number[],
  fields: readonly string[] | null,
  withNames: boolean,
): Output[] {
  checkAccess(env, model, 'read');
  const wanted = fieldsToRead(env, model, fields);
  const rows = ids.map((id) => env.row(model.name, id)).filter((row): row is Row => row !== undefined);
  const refused = ruleRefusal(
    env,
    model,
    'read',
    rows.map(({ id }) => id),
  );
  if (refused !== undefined) throw refused;
  const outputs: Output[] = [];
  for (const row of rows) {
    const { id } = row;
    const output: Output = { id };
    for (const field of wanted) output[field.name] = toOutput(env, model, field, row, withNames);
    outputs.push(output);
  }
  return outputs;
}

function fieldsToRead(env: Environment, model: Model, names: readonly string[] | null): Field[] {
  if (names === null || names.length === 0) {
    return [...model.fields.values()].filter((field) => canSeeField(env, field));
  }
  return names.map((name) => {
    const field = model.fields.get(name);
    if (field === undefined) throw valueError(`Invalid field '${name}' on '${model.name}'`);
    checkFieldAccess(env, model, field, 'read');
    return field;
  });
}

/** One field of a record, with `false` for what is empty. */
function toOutput(env: Environment, model: Model, field: Field, row: Row, withNames: boolean): unknown {
  if (field.name === 'display_name') return displayName(env, model, row.id);
  if (field.inherited !== undefined) return toInherited(env, model, field, row, withNames);
  if (field.type === 'one2many') return linesOf(env, model, field, row.id);
  const value: Value = row[field.name] ?? null;
  if (field.type === 'boolean') return value === true;
  if (field.type === 'integer') return value ?? 0;
  if (field.type === 'many2many') return value ?? [];
  if (value === null) return false;
  if (field.type !== 'many2one' || !withNames) return value;
  const id = Number(value);
  return [id, displayName(env, env.model(field.relation ?? ''), id)];
}

/** What the record that is delegated to says, whatever the caller may do with that one. */
function toInherited(env: Environment, model: Model, field: Field, row: Row, withNames: boolean): unknown {
  const parent = parentOf(env, model);
  const [owner, own] = [ownerOf(env, model, field, row), parent.fields.get(field.name)];
  return owner && own ? toOutput(env.sudo(), parent, own, owner, withNames) : false;
}

/** The records on the other side of a one2many. */
function linesOf(env: Environment, model: Model, field: Field, id: number): number[] {
  const lines = env.model(field.relation ?? '');
  if (!hasAccess(env, lines, 'read')) throw unreadable(model, field, lines);
  return searchIds(env, lines, [[field.inverse ?? '', '=', id]], { order: lines.order });
}

/** Odoo says which field needed the records that the caller may not read. */
function unreadable(model: Model, field: Field, lines: Model): OdooException {
  const refusal = accessRefusal(lines, 'read');
  return accessError(`Failed to read field ${model.name}.${field.name}\n${refusal}`);
}
