import { accessError, type OdooException, pythonError } from '../errors.ts';
import type { Field, Row } from '../model/field.ts';
import { ALL_GROUPS, type GroupId } from '../model/groups.ts';
import type { Model, Operation } from '../model/model.ts';
import type { Environment } from './environment.ts';
import { ruleRefusal } from './rules.ts';

const VERBS: Readonly<Record<Operation, string>> = {
  read: 'access',
  write: 'modify',
  create: 'create',
  unlink: 'delete',
};

/** Whether the caller may do this with the records; where there are none, with those of the model in general. */
export function hasAccess(
  env: Environment,
  model: Model,
  operation: string,
  ids: readonly number[] = [],
): boolean {
  if (env.su) return true;
  if (!(operation in VERBS)) throw pythonError('builtins.AssertionError', 'Invalid access mode');
  return refusal(env, model, operation as Operation, ids) === undefined;
}

/** Raises Odoo's AccessError where the caller may not do this. */
export function checkAccess(
  env: Environment,
  model: Model,
  operation: Operation,
  ids: readonly number[] = [],
): void {
  const refused = env.su ? undefined : refusal(env, model, operation, ids);
  if (refused !== undefined) throw refused;
}

/** In Odoo's order: the access list, the record rules, and what a module adds of its own. */
function refusal(
  env: Environment,
  model: Model,
  operation: Operation,
  ids: readonly number[],
): OdooException | undefined {
  const listed = model.access.some(
    (rule) => env.groups.has(rule.group) && rule.operations.includes(operation),
  );
  if (!listed) return accessError(accessRefusal(model, operation));
  const byRule = ruleRefusal(env, model, operation, ids);
  if (byRule !== undefined || !model.refuses) return byRule;
  const rows = ids.map((id) => env.row(model.name, id)).filter((row): row is Row => row !== undefined);
  return model.refuses(env, operation, rows);
}

/** The sentence that refuses an operation and names the groups that may. */
export function accessRefusal(model: Model, operation: Operation): string {
  const groups = model.access
    .filter((rule) => rule.operations.includes(operation))
    .map((rule) => ALL_GROUPS[rule.group].name)
    .sort();
  const allowed =
    groups.length > 0
      ? `This operation is allowed for the following groups:\n${groups.map((name) => `\t- ${name}`).join('\n')}`
      : 'No group currently allows this operation.';
  return (
    `You are not allowed to ${VERBS[operation]} '${model.description}' (${model.name}) records.\n\n` +
    `${allowed}\n\nContact your administrator to request access if necessary.`
  );
}

/** Whether the caller may see a field at all. */
export function canSeeField(env: Environment, field: Field): boolean {
  const group = groupOf(field);
  return env.su || group === undefined || env.groups.has(group);
}

/** Raises Odoo's AccessError for a field that is kept for another group. */
export function checkFieldAccess(
  env: Environment,
  model: Model,
  field: Field,
  operation: 'read' | 'write',
): void {
  if (canSeeField(env, field)) return;
  const group = groupOf(field);
  throw accessError(
    `You do not have enough rights to access the field "${field.name}" on ${model.description} (${model.name}). ` +
      'Please contact your system administrator.\n\n' +
      `Operation: ${operation}\nUser: ${env.uid}\n` +
      `Groups: allowed for groups '${group === undefined ? '' : ALL_GROUPS[group].name}'`,
  );
}

function groupOf(field: Field): GroupId | undefined {
  if (field.groups === undefined) return undefined;
  return (Object.keys(ALL_GROUPS) as GroupId[]).find((name) => ALL_GROUPS[name].externalId === field.groups);
}
